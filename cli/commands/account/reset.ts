import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { linkToken } from "../../link-token.ts"
import { readPassword } from "../../password.ts"

export const run = async ({ arguments: [link = ""], options }: Given, io: Io): Promise<number> => {
  const { identity } = connect(options, io)
  const password = await readPassword("A new password", io)
  await identity.resetPassword(linkToken(link), password)
  io.note("Your password is the new one, and you are signed out everywhere. API tokens stay.")
  return exit_codes.done
}
