import { flag, type Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [id], options }: Given, io: Io): Promise<number> => {
  const { identity } = connect(options, io)
  if ((id === undefined) !== flag(options, "all")) {
    throw new Failure(
      exit_codes.usage,
      "Give the id of a session, or `--all`. `wf sessions list` shows them.",
    )
  }
  if (id === undefined) {
    await confirm("end each of your sessions, everywhere", options, io)
    await identity.endSessions()
  } else await identity.endSession(id)
  io.note("Ended.")
  return exit_codes.done
}
