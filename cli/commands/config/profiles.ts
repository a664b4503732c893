import { type Profile, profileFile } from "#kernel/config/profiles.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"

type Row = Pick<Profile, "url" | "workspace"> & { readonly name: string; readonly current: boolean }

const columns = [
  {
    title: "current",
    full: (row: Row) => String(row.current),
    short: (row: Row) => (row.current ? "*" : ""),
  },
  { title: "profile", full: (row: Row) => row.name },
  { title: "url", full: (row: Row) => row.url },
  { title: "workspace", full: (row: Row) => row.workspace ?? "", short: (row: Row) => row.workspace ?? "–" },
]

export const run = ({ options }: Given, io: Io): Promise<number> => {
  const { current, profiles } = profileFile(io.environment).read()
  const rows = Object.entries(profiles).map(
    ([name, { url, workspace }]): Row => ({ name, url, workspace, current: name === current }),
  )
  if (flag(options, "json")) for (const row of rows) io.out(asJson(row))
  else if (rows.length === 0 && io.out_is_tty) io.note("No profiles yet. `wf login --url URL` makes one.")
  else printTable(io, columns, rows)
  return Promise.resolve(exit_codes.done)
}
