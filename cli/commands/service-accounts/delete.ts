import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { findServiceAccount } from "../../find-service-account.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { workspace_id, account } = await findServiceAccount(client, who)
  await confirm(`delete the service account ${cleanLine(account.name)} with all its tokens`, options, io)
  await client.workspaces.serviceAccounts.delete(workspace_id, account.id)
  io.note("Deleted.")
  return exit_codes.done
}
