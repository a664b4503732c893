import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readExpiry } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { readRole } from "../../role.ts"

const default_role = "developer"

export const run = async ({ arguments: [email = ""], options }: Given, io: Io): Promise<number> => {
  const role = readRole(text(options, "role") ?? default_role)
  const expires_at = readExpiry(options, io)
  const client = connect(options, io)
  const { id } = await workspaceHere(client)
  const made = await client.workspaces.invites.create(id, { email, role, ...expires_at })
  io.out(flag(options, "json") ? asJson(made) : made.token)
  io.note(
    `${made.mailed ? "They get it by mail, too. " : ""}${cleanLine(made.email)} joins as ${made.role} with \`wf workspaces join TOKEN\`, until ${made.expires_at}.`,
  )
  return exit_codes.done
}
