import type { Account } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import { ago, type Column } from "./table.ts"

export const accountColumns = (now: Date): readonly Column<Account>[] => [
  { title: "account", full: (row) => row.email },
  { title: "name", full: (row) => row.name },
  { title: "since", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
  { title: "state", full: (row) => (row.suspended_at === null ? "active" : "suspended") },
  { title: "id", full: (row) => row.id },
]

export const printAccount = (account: Account, options: Options, io: Io): number =>
  printOne(options, { columns: accountColumns(io.now()), item: account }, io)
