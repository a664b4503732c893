import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { runColumns } from "../../run-table.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const status = text(given.options, "status")
  const workflow = text(given.options, "workflow")
  const filter = { ...(status !== undefined && { status }), ...(workflow !== undefined && { workflow }) }
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: runColumns(io.now()),
      first: () => client.runs.list({ ...filter, limit }),
      all: () => client.runs.all(filter),
      empty: "No runs yet. `wf run FILE` starts one.",
    },
    io,
  )
}
