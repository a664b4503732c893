import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago, took } from "../../table.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { options } = given
  const filter = Object.fromEntries(
    ["status", "type", "queue"].flatMap((name) => {
      const value = text(options, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "job", full: (row) => row.id },
        { title: "type", full: (row) => row.type },
        { title: "queue", full: (row) => row.queue },
        { title: "status", full: (row) => row.status },
        { title: "try", full: (row) => String(row.attempt) },
        { title: "created", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        {
          title: "took",
          full: (row) => row.completed_at ?? "",
          short: (row) => took(row.started_at, row.completed_at),
        },
        { title: "error", full: (row) => row.error?.message ?? "" },
      ],
      first: () => client.jobs.list({ ...filter, limit }),
      all: () => client.jobs.all(filter),
      empty: "No such jobs. `wf jobs create TYPE` makes one.",
    },
    io,
  )
}
