import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { inboxColumns } from "../../inbox-table.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

const usual_limit = 20

export const run = async (given: Given, io: Io): Promise<number> => {
  const { options } = given
  const { notifications } = connect(options, io)
  const filter = flag(options, "unread") ? { unread: true } : {}
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: inboxColumns(io.now()),
      first: () => notifications.list({ ...filter, limit }),
      all: () => notifications.all(filter),
      empty: "Your inbox is empty. `wf subscriptions create --event run.failed` has you told of failures.",
    },
    io,
  )
}
