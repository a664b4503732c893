import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printFields } from "../../list.ts"

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
  return printFields(options, { item: subscription, title: "setting", shown }, io)
}
