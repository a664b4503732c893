import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const filter = { archived: flag(given.options, "archived") }
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "workflow", full: (row) => row.name },
        { title: "version", full: (row) => String(row.version) },
        { title: "pushed", full: (row) => row.updated_at, short: (row) => ago(row.updated_at, now) },
      ],
      first: () => client.workflows.list(filter),
      all: () => client.workflows.all(filter),
      empty: "No workflows yet. `wf push FILE` makes one.",
    },
    io,
  )
}
