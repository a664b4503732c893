import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { findMember, workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printMember } from "../../member-table.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id, slug } = await workspaceHere(client)
  const { user_id, email } = await findMember(client, id, who)
  await confirm(`keep ${cleanLine(email)} out of ${cleanLine(slug)}, with their tokens for it`, options, io)
  return printMember(await client.workspaces.members.suspend(id, user_id), options, io)
}
