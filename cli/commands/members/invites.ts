import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const now = io.now()
  const { id } = await workspaceHere(client)
  const { invites } = client.workspaces
  return printList(
    given,
    {
      columns: [
        { title: "id", full: (row) => row.id },
        { title: "invited", full: (row) => row.email },
        { title: "role", full: (row) => row.role },
        { title: "when", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        { title: "until", full: (row) => row.expires_at },
      ],
      first: () => invites.list(id),
      all: () => invites.all(id),
      empty: "No invitations are open. `wf members invite ADDRESS` makes one.",
    },
    io,
  )
}
