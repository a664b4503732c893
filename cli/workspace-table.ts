import type { Workspace } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import { ago, type Column } from "./table.ts"

export const workspaceColumns = (now: Date): readonly Column<Workspace>[] => [
  { title: "workspace", full: (row) => row.slug },
  { title: "name", full: (row) => row.name },
  { title: "your role", full: (row) => row.role },
  { title: "state", full: (row) => (row.archived_at === null ? "open" : "archived") },
  { title: "made", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
]

export const printWorkspace = (workspace: Workspace, options: Options, io: Io): number =>
  printOne(options, { columns: workspaceColumns(io.now()), item: workspace }, io)
