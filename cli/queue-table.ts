import type { Queue } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import type { Column } from "./table.ts"

export const rateText = ({ rate_limit }: Queue): string =>
  rate_limit === null ? "" : `${rate_limit.limit}/${rate_limit.per}`

export const queueColumns: readonly Column<Queue>[] = [
  { title: "queue", full: (row) => row.name },
  { title: "state", full: (row) => (row.paused ? "paused" : "open") },
  { title: "pending", full: (row) => String(row.pending) },
  { title: "queued", full: (row) => String(row.queued) },
  { title: "running", full: (row) => String(row.running) },
  { title: "retrying", full: (row) => String(row.retrying) },
  { title: "dead", full: (row) => String(row.dead_letters) },
  { title: "at once", full: (row) => String(row.concurrency ?? "") },
  { title: "rate", full: rateText },
]

export const printQueue = (queue: Queue, options: Options, io: Io): number =>
  printOne(options, { columns: queueColumns, item: queue }, io)
