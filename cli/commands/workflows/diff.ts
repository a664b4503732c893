import { stringify } from "yaml"
import type { Version } from "#sdk/index.ts"
import { asJson, clean } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { changesOf, type DiffLine, diffLines } from "../../diff.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { type Io, styled } from "../../io.ts"

const around = 3
const colours = { " ": "dim", "+": "green", "-": "red" } as const

/** Without numbers: from the version before the latest to the latest. */
export const run = async ({ arguments: [name = "", from, to], options }: Given, io: Io): Promise<number> => {
  const { workflows } = connect(options, io)
  const newer = readNumber("The version", to) ?? (await workflows.get(name)).version
  const older = readNumber("The version", from) ?? newer - 1
  if (older < 1)
    throw new Failure(exit_codes.usage, `${name} has one version only: there is nothing to compare.`)
  const [before, after] = await Promise.all([workflows.version(name, older), workflows.version(name, newer)])
  const lines = diffLines(linesOf(before), linesOf(after))
  if (flag(options, "json")) {
    const changes = lines.filter(({ sign }) => sign !== " ")
    io.out(asJson({ workflow: name, from: older, to: newer, changes }))
    return exit_codes.done
  }
  const changes = changesOf(lines, around)
  if (changes.length === 0) io.note(`Versions ${older} and ${newer} say the same.`)
  else
    for (const line of heading(name, older, newer).concat(changes.map((one) => shown(io, one)))) io.out(line)
  return exit_codes.done
}

const heading = (name: string, older: number, newer: number): string[] => [
  `--- ${name} ${older}`,
  `+++ ${name} ${newer}`,
]

const shown = (io: Io, line: DiffLine | undefined): string =>
  line ? styled(io, colours[line.sign], clean(`${line.sign} ${line.text}`)) : "  …"

const max_hash_chars = 12

/** As `wf workflows show` prints it; then a line for each file, which is another one when its content is. */
const linesOf = ({ definition, files }: Version): readonly string[] => [
  ...stringify(definition).trimEnd().split("\n"),
  ...files.map(({ path, executable, size_bytes, sha256 }) => {
    const kind = executable ? "program" : "file"
    return `# ${kind} ${path}: ${size_bytes} bytes, sha256 ${sha256.slice(0, max_hash_chars)}`
  }),
]
