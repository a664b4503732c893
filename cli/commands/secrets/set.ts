import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, type Options } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

/** The value is never an argument: those are seen by everybody on the machine, and kept in the shell's history. */
export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const { secrets } = connect(options, io)
  const value = await readValue(name, options, io)
  if (value === "") throw new Failure(exit_codes.usage, "There is no value: nothing was set.")
  const secret = await secrets.set(name, value)
  if (flag(options, "json")) io.out(asJson(secret))
  else io.note(`Set. A task gets it with \`secrets: [${cleanLine(name)}]\`.`)
  return exit_codes.done
}

const readValue = async (name: string, options: Options, io: Io): Promise<string> => {
  const typed = await io.askHidden(`Value of ${cleanLine(name)}: `)
  if (typed !== undefined) return typed
  const piped = await io.readStdin()
  return flag(options, "keepNewline") ? piped : piped.replace(/\r?\n$/, "")
}
