import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { findServiceAccount } from "../../find-service-account.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { tokenColumns } from "../../token-table.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { workspace_id, account } = await findServiceAccount(client, given.arguments[0] ?? "")
  return printList(
    given,
    {
      columns: tokenColumns(io.now()),
      first: () => client.workspaces.serviceAccounts.tokens(workspace_id, account.id),
      empty: "No tokens yet. `wf service-accounts token NAME` makes one.",
    },
    io,
  )
}
