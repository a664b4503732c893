import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { findServiceAccount } from "../../find-service-account.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [who = "", token = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { workspace_id, account } = await findServiceAccount(client, who)
  await client.workspaces.serviceAccounts.deleteToken(workspace_id, account.id, token)
  io.note("Taken back.")
  return exit_codes.done
}
