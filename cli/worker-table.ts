import type { Worker } from "#sdk/shapes.ts"
import { ago, type Column } from "./table.ts"

const labelsText = (labels: Readonly<Record<string, unknown>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",")

export const workerColumns = (now: Date): readonly Column<Worker>[] => [
  { title: "worker", full: (row) => row.id },
  { title: "name", full: (row) => row.name },
  { title: "status", full: (row) => row.status },
  { title: "busy", full: (row) => String(row.busy) },
  { title: "slots", full: (row) => String(row.slots) },
  { title: "inline", full: (row) => String(row.inline_slots) },
  { title: "queues", full: (row) => row.queues.join(",") },
  { title: "seen", full: (row) => row.last_seen_at, short: (row) => ago(row.last_seen_at, now) },
  { title: "labels", full: (row) => labelsText(row.labels) },
  { title: "functions", full: (row) => row.functions.join(",") },
]
