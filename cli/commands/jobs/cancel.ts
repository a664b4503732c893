import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [job_id = ""], options }: Given, io: Io): Promise<number> => {
  const job = await connect(options, io).jobs.cancel(job_id)
  if (flag(options, "json")) io.out(asJson(job))
  else io.note(job.status === "cancelled" ? "Cancelled." : "It is being stopped.")
  return exit_codes.done
}
