import type { Token } from "#sdk/index.ts"
import { ago, type Column } from "./table.ts"

export const tokenColumns = (now: Date): readonly Column<Token>[] => [
  { title: "id", full: (row) => row.id },
  { title: "name", full: (row) => row.name },
  { title: "made", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
  { title: "last used", full: (row) => row.last_used_at ?? "", short: (row) => ago(row.last_used_at, now) },
  { title: "role", full: (row) => row.role ?? "" },
  { title: "until", full: (row) => row.expires_at ?? "" },
  { title: "for", full: (row) => row.scopes?.join(" ") ?? "" },
  { title: "queues", full: (row) => row.queues?.join(" ") ?? "" },
]
