import type { DeliveryDetail } from "#sdk/shapes.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { fieldText, printFields } from "../../list.ts"
import { type Column, printTable } from "../../table.ts"

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

const tries: readonly Column<DeliveryDetail["history"][number]>[] = [
  { title: "try", full: ({ number }) => `try ${number}` },
  { title: "at", full: ({ at }) => at },
  { title: "outcome", full: ({ outcome }) => outcome },
  { title: "why", full: ({ error }) => error ?? "" },
  { title: "answer", full: (one) => fieldText(one, "response") },
]

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const delivery = await connect(options, io).deliveries.get(id)
  const code = printFields(options, { item: delivery, title: "of it", shown }, io)
  if (text(options, "field") === undefined && !flag(options, "json") && delivery.history.length > 0) {
    printTable(io, tries, delivery.history)
  }
  return code
}
