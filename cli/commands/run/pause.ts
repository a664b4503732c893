import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const paused = await connect(options, io).runs.pause(run_id)
  if (flag(options, "json")) io.out(asJson(paused))
  else io.note(`Paused: what runs goes on, nothing new begins. \`wf resume ${run_id}\` ends it.`)
  return exit_codes.done
}
