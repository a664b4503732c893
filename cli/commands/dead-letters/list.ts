import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { deadLetterColumns } from "../../dead-letter-table.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { options } = given
  const queue = text(options, "queue")
  const type = text(options, "type")
  const filter = { ...(queue !== undefined && { queue }), ...(type !== undefined && { type }) }
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: deadLetterColumns(io.now()),
      first: () => client.deadLetters.list({ ...filter, limit }),
      all: () => client.deadLetters.all(filter),
      empty: "No dead letters: every job was done, or is still tried.",
    },
    io,
  )
}
