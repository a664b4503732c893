import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [invite_id = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id } = await workspaceHere(client)
  await client.workspaces.invites.revoke(id, invite_id)
  io.note("Taken back.")
  return exit_codes.done
}
