import type { Notification } from "#sdk/index.ts"
import { ago, type Column } from "./table.ts"

/** On a terminal with all that it says below, since it says what to do. */
export const inboxColumns = (now: Date): readonly Column<Notification>[] => [
  { title: "notification", full: (row) => row.id },
  { title: "state", full: (row) => (row.read_at === null ? "unread" : "read") },
  { title: "when", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
  { title: "type", full: (row) => row.type },
  { title: "title", full: (row) => row.title },
  { title: "what", full: (row) => row.body, is_below: true },
]
