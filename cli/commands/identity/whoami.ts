import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const me = await connect(options, io).identity.me()
  if (flag(options, "json")) io.out(asJson(me))
  else {
    const columns = [
      { title: "user", full: () => me.user.email },
      { title: "workspace", full: () => me.workspace.slug },
      { title: "role", full: () => me.workspace.role },
    ]
    printTable(io, columns, [me])
  }
  return exit_codes.done
}
