import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { queueColumns } from "../../queue-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { queues } = connect(given.options, io)
  return printList(
    given,
    { columns: queueColumns, first: () => queues.list(), all: () => queues.all(), empty: "No queues." },
    io,
  )
}
