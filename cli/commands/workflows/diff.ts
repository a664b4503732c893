import type { Version } from "#sdk/index.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { definitionLines } from "../../definition-lines.ts"
import { diffLines } from "../../diff.ts"
import { diffText } from "../../diff-text.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

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
  const text = diffText(io, { name, from: older, to: newer, lines })
  if (text.length === 0) io.note(`Versions ${older} and ${newer} say the same.`)
  for (const line of text) io.out(line)
  return exit_codes.done
}

const linesOf = ({ definition, files }: Version): readonly string[] => definitionLines(definition, files)
