import { cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printSchedule } from "../../schedule-table.ts"
import { printTable } from "../../table.ts"

const shown = [
  ...["name", "workflow", "source", "cron", "timezone", "catch_up", "window", "overlap", "jitter"],
  ...["inputs", "paused_at", "next_at", "last.fire_at", "last.status", "last.reason", "last.run_id"],
]

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const schedule = await connect(options, io).schedules.get(name)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(schedule, field)))
  else if (flag(options, "json")) return printSchedule(schedule, options, io)
  else {
    const columns = [
      { title: "setting", full: (path: string) => path },
      { title: "value", full: (path: string) => fieldText(schedule, path) },
    ]
    printTable(io, columns, shown)
  }
  return exit_codes.done
}
