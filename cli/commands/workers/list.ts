import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { workerColumns } from "../../worker-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { workers } = connect(given.options, io)
  return printList(
    given,
    {
      columns: workerColumns(io.now()),
      first: () => workers.list(),
      all: () => workers.all(),
      empty: "No workers yet. `wf up` starts one.",
    },
    io,
  )
}
