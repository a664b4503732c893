import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { secrets } = connect(given.options, io)
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "secret", full: (row) => row.name },
        { title: "set", full: (row) => row.updated_at, short: (row) => ago(row.updated_at, now) },
      ],
      first: () => secrets.list(),
      all: () => secrets.all(),
      empty: "No secrets. `wf secrets set NAME` makes one.",
    },
    io,
  )
}
