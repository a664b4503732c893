import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "id", full: (row) => row.id },
        { title: "name", full: (row) => row.name },
        { title: "made", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        {
          title: "last used",
          full: (row) => row.last_used_at ?? "",
          short: (row) => ago(row.last_used_at, now),
        },
        { title: "role", full: (row) => row.role ?? "" },
        { title: "until", full: (row) => row.expires_at ?? "" },
        { title: "for", full: (row) => row.scopes?.join(" ") ?? "" },
      ],
      first: () => client.identity.tokens(),
      empty: "No tokens yet. `wf tokens create NAME` makes one.",
    },
    io,
  )
}
