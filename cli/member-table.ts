import type { Member } from "#sdk/index.ts"
import { asJson } from "./clean.ts"
import { flag, type Options } from "./command.ts"
import { exit_codes } from "./exit.ts"
import type { Io } from "./io.ts"
import { ago, type Column, printTable } from "./table.ts"

export const memberColumns = (now: Date): readonly Column<Member>[] => [
  { title: "member", full: (row) => row.email },
  { title: "name", full: (row) => row.name },
  { title: "role", full: (row) => row.role },
  { title: "since", full: (row) => row.created_at, short: (row) => ago(row.created_at, now) },
]

export const printMember = (member: Member, options: Options, io: Io): number => {
  if (flag(options, "json")) io.out(asJson(member))
  else printTable(io, memberColumns(io.now()), [member])
  return exit_codes.done
}
