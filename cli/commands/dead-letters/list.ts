import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { options } = given
  const queue = text(options, "queue")
  const type = text(options, "type")
  const filter = { ...(queue !== undefined && { queue }), ...(type !== undefined && { type }) }
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "dead letter", full: (row) => row.id },
        { title: "job", full: (row) => row.job.id },
        { title: "type", full: (row) => row.job.type },
        { title: "queue", full: (row) => row.job.queue },
        { title: "tries", full: (row) => String(row.attempts) },
        { title: "died", full: (row) => row.died_at, short: (row) => ago(row.died_at, now) },
        { title: "reason", full: (row) => row.reason },
      ],
      first: () => client.deadLetters.list({ ...filter, limit }),
      all: () => client.deadLetters.all(filter),
      empty: "No dead letters: every job was done, or is still tried.",
    },
    io,
  )
}
