import { asJson } from "../../clean.ts"
import { flag, type Given, text, words } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readExpiry } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { findServiceAccount } from "../../find-service-account.ts"
import type { Io } from "../../io.ts"
import { queuesOf } from "../../token-queues.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const scopes = words(options, "scope")
  const expires_at = readExpiry(options, io)
  const client = connect(options, io)
  const { workspace_id, account } = await findServiceAccount(client, who)
  const created = await client.workspaces.serviceAccounts.createToken(workspace_id, account.id, {
    name: text(options, "name") ?? account.name,
    ...(scopes.length > 0 && { scopes }),
    ...queuesOf(options),
    ...expires_at,
  })
  io.out(flag(options, "json") ? asJson(created) : created.token)
  return exit_codes.done
}
