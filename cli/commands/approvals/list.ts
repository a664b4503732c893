import { approvalColumns } from "../../approval-table.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

const usual_limit = 20

/** What waits for oneself, unless everything is asked for. */
export const run = (given: Given, io: Io): Promise<number> => {
  const { approvals } = connect(given.options, io)
  const filter = { yours: !flag(given.options, "everyone") }
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: approvalColumns(io.now()),
      first: () => approvals.list({ ...filter, limit }),
      all: () => approvals.all(filter),
      empty: filter.yours
        ? "Nothing waits for your approval. `--everyone` shows what waits for others."
        : "Nothing waits for an approval.",
    },
    io,
  )
}
