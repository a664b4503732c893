import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [code = ""], options }: Given, io: Io): Promise<number> => {
  const approve = !flag(options, "refuse")
  await connect(options, io).identity.decideDevice(code, approve)
  io.note(approve ? "It is signed in as you." : "It gets nothing.")
  return exit_codes.done
}
