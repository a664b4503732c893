import { clean } from "./clean.ts"
import { changesOf, type DiffLine } from "./diff.ts"
import { type Io, styled } from "./io.ts"

const around = 3
const colours = { " ": "dim", "+": "green", "-": "red" } as const

export type Compared = {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly lines: readonly DiffLine[]
}

/** What changed from one version to another, as people read it; nothing where they say the same. */
export const diffText = (
  io: Pick<Io, "color">,
  { name, from, to, lines }: Compared,
  max_lines = Number.POSITIVE_INFINITY,
): readonly string[] => {
  const changes = changesOf(lines, around)
  if (changes.length === 0) return []
  const rest = changes.length - max_lines
  return [
    clean(`--- ${name} ${from}`),
    clean(`+++ ${name} ${to}`),
    ...changes
      .slice(0, max_lines)
      .map((line) => (line ? styled(io, colours[line.sign], clean(`${line.sign} ${line.text}`)) : "  …")),
    ...(rest > 0 ? [`  … and ${rest} lines more`] : []),
  ]
}
