import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { identity } = connect(given.options, io)
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "id", full: (row) => row.id },
        { title: "device", full: (row) => row.device },
        { title: "address", full: (row) => row.address ?? "" },
        { title: "since", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        { title: "last used", full: (row) => row.last_used_at, short: (row) => ago(row.last_used_at, now) },
      ],
      first: () => identity.sessions(),
      all: () => identity.allSessions(),
      empty: "You are signed in nowhere with a password; API tokens are in `wf tokens list`.",
    },
    io,
  )
}
