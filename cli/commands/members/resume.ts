import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { findMember, workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printMember } from "../../member-table.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id } = await workspaceHere(client)
  const { user_id } = await findMember(client, id, who)
  return printMember(await client.workspaces.members.resume(id, user_id), options, io)
}
