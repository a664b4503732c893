import { isEnded } from "#sdk/runs.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const stopped = await connect(options, io).runs.cancel(run_id)
  if (flag(options, "json")) io.out(asJson(stopped))
  else io.note(isEnded(stopped) ? "Cancelled." : "It is being stopped. `wf watch` shows its end.")
  return exit_codes.done
}
