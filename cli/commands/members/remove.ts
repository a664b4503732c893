import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { findMember, workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id, slug } = await workspaceHere(client)
  const { user_id, email } = await findMember(client, id, who)
  await confirm(`remove ${cleanLine(email)} from ${cleanLine(slug)}, with their tokens for it`, options, io)
  await client.workspaces.members.remove(id, user_id)
  io.note("Removed.")
  return exit_codes.done
}
