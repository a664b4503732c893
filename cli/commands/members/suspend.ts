import type { Client } from "#sdk/index.ts"
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
  const suspended = await client.workspaces.members.suspend(id, user_id)
  await tellOfPrograms(client, { workspace_id: id, user_id }, io)
  return printMember(suspended, options, io)
}

/** Whoever has made a program may have kept its token. */
const tellOfPrograms = async (
  { workspaces }: Client,
  { workspace_id, user_id }: { readonly workspace_id: string; readonly user_id: string },
  io: Io,
): Promise<void> => {
  const names: string[] = []
  for await (const { name, created_by } of workspaces.serviceAccounts.all(workspace_id))
    if (created_by === user_id) names.push(cleanLine(name))
  if (names.length === 0) return
  io.note(
    `Service accounts that they have made go on: ${names.join(", ")}. \`wf service-accounts tokens\` shows their tokens, \`wf service-accounts revoke\` ends one.`,
  )
}
