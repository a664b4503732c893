import type { DeadLetter } from "#sdk/shapes.ts"
import { ago, type Column } from "./table.ts"

export const deadLetterColumns = (now: Date): readonly Column<DeadLetter>[] => [
  { title: "dead letter", full: (row) => row.id },
  { title: "job", full: (row) => row.job.id },
  { title: "type", full: (row) => row.job.type },
  { title: "queue", full: (row) => row.job.queue },
  { title: "tries", full: (row) => String(row.attempts) },
  { title: "died", full: (row) => row.died_at, short: (row) => ago(row.died_at, now) },
  { title: "reason", full: (row) => row.reason },
]
