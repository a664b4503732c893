import type { Run } from "#sdk/shapes.ts"
import { ago, type Column, took } from "./table.ts"

export const runColumns = (now: Date): readonly Column<Run>[] => [
  { title: "run", full: (row) => row.id },
  { title: "workflow", full: (row) => row.workflow },
  { title: "ver", full: (row) => String(row.version) },
  { title: "status", full: (row) => row.status },
  { title: "started", full: (row) => row.started_at ?? "", short: (row) => ago(row.started_at, now) },
  {
    title: "took",
    full: (row) => row.finished_at ?? "",
    short: (row) => took(row.started_at, row.finished_at),
  },
]
