import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readPassword } from "../../password.ts"

export const run = async ({ arguments: [email = ""], options }: Given, io: Io): Promise<number> => {
  const { identity } = connect(options, io)
  const password = await readPassword("A new password", io)
  const name = text(options, "name") ?? email.split("@")[0] ?? email
  const made = await identity.register({ email, password, name })
  if (flag(options, "json")) io.out(asJson(made))
  if ("detail" in made) io.note(`${cleanLine(made.detail)} \`wf account verify LINK\` confirms it.`)
  else io.note(`${cleanLine(made.user.email)} has an account now. \`wf login\` signs you in.`)
  return exit_codes.done
}
