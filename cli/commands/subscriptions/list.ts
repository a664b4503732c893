import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { subscriptionColumns } from "../../subscription-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { subscriptions } = connect(given.options, io)
  return printList(
    given,
    {
      columns: subscriptionColumns,
      first: () => subscriptions.list(),
      all: () => subscriptions.all(),
      empty: "You are told of nothing. `wf subscriptions create --event run.failed` changes that.",
    },
    io,
  )
}
