import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago, size } from "../../table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const [run_id = ""] = given.arguments
  const task = text(given.options, "task")
  const name = text(given.options, "name")
  const filter = { ...(task !== undefined && { task }), ...(name !== undefined && { name }) }
  const client = connect(given.options, io)
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "name", full: (row) => row.name },
        { title: "task", full: (row) => row.task ?? "" },
        { title: "size", full: (row) => String(row.size_bytes), short: (row) => size(row.size_bytes) },
        { title: "sha256", full: (row) => row.sha256, short: (row) => row.sha256.slice(0, 12) },
        { title: "stored", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
      ],
      first: () => client.artifacts.list(run_id, filter),
      all: () => client.artifacts.all(run_id, filter),
      empty: "This run has kept no such files.",
    },
    io,
  )
}
