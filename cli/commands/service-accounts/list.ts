import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { serviceAccounts } = client.workspaces
  const now = io.now()
  const { id } = await workspaceHere(client)
  return printList(
    given,
    {
      columns: [
        { title: "name", full: (row) => row.name },
        { title: "role", full: (row) => row.role },
        { title: "made", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        {
          title: "last used",
          full: (row) => row.last_used_at ?? "",
          short: (row) => ago(row.last_used_at, now),
        },
        { title: "id", full: (row) => row.id },
      ],
      first: () => serviceAccounts.list(id),
      all: () => serviceAccounts.all(id),
      empty: "No service accounts. `wf service-accounts create NAME` makes one.",
    },
    io,
  )
}
