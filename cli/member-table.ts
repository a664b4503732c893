import type { Member } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import { ago, type Column } from "./table.ts"

export const memberColumns = (now: Date): readonly Column<Member>[] => [
  { title: "member", full: (row) => row.email },
  { title: "name", full: (row) => row.name },
  { title: "role", full: (row) => row.role },
  { title: "since", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
  { title: "state", full: (row) => (row.suspended_at === null ? "active" : "suspended") },
]

export const printMember = (member: Member, options: Options, io: Io): number =>
  printOne(options, { columns: memberColumns(io.now()), item: member }, io)
