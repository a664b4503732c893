import { packBundle } from "#language/bundle.ts"
import { digest } from "#language/canonical.ts"
import type { Client, SentFile, Version } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Authored } from "../authored.ts"
import { definitionLines } from "../definition-lines.ts"
import { type DiffLine, diffLines } from "../diff.ts"

/** What a push of it would change. */
export type Comparison = {
  readonly name: string
  /** The latest version; 0 where there is none. */
  readonly version: number
  readonly is_changed: boolean
  readonly lines: readonly DiffLine[]
}

/** By the digest that the platform goes by, too; the lines are for people. */
export const compare = async (
  client: Client,
  { definition, files }: Pick<Authored, "definition" | "files">,
): Promise<Comparison> => {
  const { name } = definition
  const bundle = files.length > 0 ? await packBundle(files.map(bundled)) : undefined
  const own = definitionLines(definition, bundle?.files ?? [])
  const latest = await latestOf(client, name)
  if (!latest) return { name, version: 0, is_changed: true, lines: diffLines([], own) }
  const is_changed = latest.digest !== (await digest(definition, bundle?.digest))
  const lines = is_changed ? diffLines(definitionLines(latest.definition, latest.files), own) : []
  return { name, version: latest.version, is_changed, lines }
}

const bundled = ({ path, executable = false, encoding, content }: SentFile) => ({
  ...{ path, executable },
  bytes: new Uint8Array(Buffer.from(content, encoding === "base64" ? "base64" : "utf8")),
})

const latestOf = async ({ workflows }: Client, name: string): Promise<Version | undefined> => {
  try {
    const { version } = await workflows.get(name)
    return await workflows.version(name, version)
  } catch (error) {
    if (error instanceof WfProblem && error.status === 404) return undefined
    throw error
  }
}
