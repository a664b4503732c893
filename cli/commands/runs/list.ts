import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago, took } from "../../table.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const status = text(given.options, "status")
  const workflow = text(given.options, "workflow")
  const filter = { ...(status !== undefined && { status }), ...(workflow !== undefined && { workflow }) }
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "run", full: (row) => row.id },
        { title: "workflow", full: (row) => row.workflow },
        { title: "ver", full: (row) => String(row.version) },
        { title: "status", full: (row) => row.status },
        { title: "started", full: (row) => row.started_at ?? "", short: (row) => ago(row.started_at, now) },
        {
          title: "took",
          full: (row) => row.finished_at ?? "",
          short: (row) => took(row.started_at, row.finished_at),
        },
      ],
      first: () => client.runs.list({ ...filter, limit }),
      all: () => client.runs.all(filter),
      empty: "No runs yet. `wf run FILE` starts one.",
    },
    io,
  )
}
