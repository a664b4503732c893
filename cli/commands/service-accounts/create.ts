import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { readRole } from "../../role.ts"

const default_role = "operator"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const role = readRole(text(options, "role") ?? default_role)
  const client = connect(options, io)
  const { id } = await workspaceHere(client)
  const made = await client.workspaces.serviceAccounts.create(id, { name, role })
  io.out(flag(options, "json") ? asJson(made) : made.id)
  io.note(`\`wf service-accounts token ${cleanLine(made.name)}\` makes what it signs in with.`)
  return exit_codes.done
}
