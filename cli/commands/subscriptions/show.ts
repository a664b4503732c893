import { cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printSubscription } from "../../subscription-table.ts"
import { printTable } from "../../table.ts"

const shown = [
  ...[
    "id",
    "name",
    "scope",
    "source",
    "events",
    "longer_than",
    "workflows",
    "tags",
    "channel",
    "to",
    "digest",
  ],
  ...["quiet_hours", "timezone", "paused_at", "pause_reason", "failing_since", "created_at", "updated_at"],
]

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const subscription = await connect(options, io).subscriptions.get(id)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(subscription, field)))
  else if (flag(options, "json")) return printSubscription(subscription, options, io)
  else {
    const columns = [
      { title: "setting", full: (path: string) => path },
      { title: "value", full: (path: string) => fieldText(subscription, path) },
    ]
    printTable(io, columns, shown)
  }
  return exit_codes.done
}
