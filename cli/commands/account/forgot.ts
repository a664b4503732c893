import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [email = ""], options }: Given, io: Io): Promise<number> => {
  const asked = await connect(options, io).identity.forgotPassword(email)
  if (flag(options, "json")) io.out(asJson(asked))
  io.note("If somebody has that address, a link is in a mail to them. `wf account reset LINK` uses it.")
  return exit_codes.done
}
