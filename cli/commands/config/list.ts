import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { settingsOf } from "../../settings.ts"
import { printTable } from "../../table.ts"

const columns = [
  { title: "setting", full: (row: Row) => row.name },
  { title: "value", full: (row: Row) => row.value ?? "", short: (row: Row) => row.value ?? "–" },
  { title: "from", full: (row: Row) => row.from ?? "", short: (row: Row) => row.from ?? "–" },
]

type Row = { readonly name: string; readonly value: string | null; readonly from: string | null }

/** No token is ever shown, only that there is one. */
export const run = ({ options }: Given, io: Io): Promise<number> => {
  const rows = Object.entries(settingsOf(options, io)).map(([name, setting]): Row => {
    const value = name === "token" && setting ? "kept" : setting?.value
    return { name, value: value ?? null, from: setting?.from ?? null }
  })
  if (flag(options, "json")) for (const row of rows) io.out(asJson(row))
  else printTable(io, columns, rows)
  return Promise.resolve(exit_codes.done)
}
