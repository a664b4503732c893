import type { Schedule } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import type { Column } from "./table.ts"

/** `in 3h`, `in 2d`: how far ahead. */
const ahead = (time: string, now: Date): string => {
  const minutes = Math.max(0, Math.ceil((Date.parse(time) - now.getTime()) / 60_000))
  if (minutes < 60) return `in ${minutes}m`
  return minutes < 2_880 ? `in ${Math.floor(minutes / 60)}h` : `in ${Math.floor(minutes / 1_440)}d`
}

const stateOf = (row: Schedule): string => {
  if (row.workflow_archived) return "archived"
  return row.paused_at === null ? "on" : "paused"
}

/** With why its last time came to nothing, whole: a schedule whose runs are refused stays on. */
export const scheduleColumns = (now: Date): readonly Column<Schedule>[] => [
  { title: "schedule", full: (row) => row.name },
  { title: "workflow", full: (row) => row.workflow },
  { title: "cron", full: (row) => row.cron },
  { title: "timezone", full: (row) => row.timezone },
  { title: "state", full: stateOf },
  {
    title: "next",
    full: (row) => row.next_at ?? "",
    short: (row) => (row.next_at === null ? "–" : ahead(row.next_at, now)),
  },
  { title: "last", full: (row) => row.last?.status ?? "" },
  { title: "why", full: (row) => row.last?.reason ?? "", is_below: true },
]

export const printSchedule = (schedule: Schedule, options: Options, io: Io): number =>
  printOne(options, { columns: scheduleColumns(io.now()), item: schedule }, io)
