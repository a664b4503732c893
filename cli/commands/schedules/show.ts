import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printFields } from "../../list.ts"

const shown = [
  ...["name", "workflow", "source", "cron", "timezone", "catch_up", "window", "overlap", "jitter"],
  ...["inputs", "paused_at", "next_at", "last.fire_at", "last.status", "last.reason", "last.run_id"],
]

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const schedule = await connect(options, io).schedules.get(name)
  return printFields(options, { item: schedule, title: "setting", shown }, io)
}
