import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { linkToken } from "../../link-token.ts"
import { readPassword } from "../../password.ts"

export const run = async ({ arguments: [link = ""], options }: Given, io: Io): Promise<number> => {
  const { identity } = connect(options, io)
  const password = await readPassword("The password you registered with", io)
  const made = await identity.verify(linkToken(link), password)
  if (flag(options, "json")) io.out(asJson(made))
  io.note(`${cleanLine(made.user.email)} has an account now. \`wf login\` signs you in.`)
  return exit_codes.done
}
