import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration } from "../../duration.ts"
import { followRun } from "../../follow-run.ts"
import type { Io } from "../../io.ts"

export const run = ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const timeout_ms = readDuration("--timeout", text(options, "timeout"))
  const client = connect(options, io)
  return followRun(
    { client, run_id, json: flag(options, "json"), logs: false, plain: flag(options, "plain"), timeout_ms },
    io,
  )
}
