import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printTable } from "../../table.ts"

const shown = [
  ...[
    "id",
    "subscription_id",
    "type",
    "title",
    "channel",
    "to",
    "status",
    "attempts",
    "next_attempt_at",
    "error",
  ],
  ...["run_id", "digest_id", "created_at", "finished_at"],
]

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const delivery = await connect(options, io).deliveries.get(id)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(delivery, field)))
  else if (flag(options, "json")) io.out(asJson(delivery))
  else {
    const columns = [
      { title: "of it", full: (path: string) => path },
      { title: "value", full: (path: string) => fieldText(delivery, path) },
    ]
    printTable(io, columns, shown)
    const tries = [
      { title: "try", full: (one: (typeof delivery.history)[number]) => `try ${one.number}` },
      { title: "at", full: (one: (typeof delivery.history)[number]) => one.at },
      { title: "outcome", full: (one: (typeof delivery.history)[number]) => one.outcome },
      { title: "why", full: (one: (typeof delivery.history)[number]) => one.error ?? "" },
      { title: "answer", full: (one: (typeof delivery.history)[number]) => fieldText(one, "response") },
    ]
    if (delivery.history.length > 0) printTable(io, tries, delivery.history)
  }
  return exit_codes.done
}
