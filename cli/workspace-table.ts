import type { Workspace } from "#sdk/index.ts"
import { asJson } from "./clean.ts"
import { flag, type Options } from "./command.ts"
import { exit_codes } from "./exit.ts"
import type { Io } from "./io.ts"
import { ago, type Column, printTable } from "./table.ts"

export const workspaceColumns = (now: Date): readonly Column<Workspace>[] => [
  { title: "workspace", full: (row) => row.slug },
  { title: "name", full: (row) => row.name },
  { title: "your role", full: (row) => row.role },
  { title: "state", full: (row) => (row.archived_at === null ? "open" : "archived") },
  { title: "made", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
]

export const printWorkspace = (workspace: Workspace, options: Options, io: Io): number => {
  if (flag(options, "json")) io.out(asJson(workspace))
  else printTable(io, workspaceColumns(io.now()), [workspace])
  return exit_codes.done
}
