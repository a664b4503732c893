import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

const usual_limit = 20
const names = { status: "status", subscription: "subscription_id", run: "run_id" } as const

export const run = (given: Given, io: Io): Promise<number> => {
  const { deliveries } = connect(given.options, io)
  const { options } = given
  const filter = Object.fromEntries(
    Object.entries(names).flatMap(([option, field]) => {
      const value = text(options, option)
      return value === undefined ? [] : [[field, value]]
    }),
  )
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "delivery", full: (row) => row.id },
        { title: "what", full: (row) => row.title },
        { title: "channel", full: (row) => row.channel },
        { title: "to", full: (row) => row.to, short: (row) => row.to || "–" },
        { title: "status", full: (row) => row.status },
        { title: "tries", full: (row) => String(row.attempts) },
        { title: "when", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
        { title: "why", full: (row) => row.error ?? "", is_below: true },
      ],
      first: () => deliveries.list({ ...filter, limit }),
      all: () => deliveries.all(filter),
      empty: "Nothing was sent.",
    },
    io,
  )
}
