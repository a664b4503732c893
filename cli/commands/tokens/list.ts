import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { tokenColumns } from "../../token-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  return printList(
    given,
    {
      columns: tokenColumns(io.now()),
      first: () => client.identity.tokens(),
      empty: "No tokens yet. `wf tokens create NAME` makes one.",
    },
    io,
  )
}
