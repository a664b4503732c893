import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const resumed = await connect(options, io).runs.resume(run_id)
  if (flag(options, "json")) io.out(asJson(resumed))
  else io.note("It goes on.")
  return exit_codes.done
}
