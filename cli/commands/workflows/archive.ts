import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const workflow = await connect(options, io).workflows.archive(name)
  io.out(flag(options, "json") ? asJson(workflow) : `${cleanLine(workflow.name)}\tarchived`)
  return exit_codes.done
}
