import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { inboxColumns } from "../../inbox-table.ts"
import type { Io } from "../../io.ts"
import { printOne } from "../../list.ts"

export const run = async ({ arguments: [id], options }: Given, io: Io): Promise<number> => {
  const { notifications } = connect(options, io)
  if ((id === undefined) !== flag(options, "all"))
    throw new Failure(exit_codes.usage, "Name one notification, or read them all with `--all`.")
  if (id !== undefined)
    return printOne(options, { columns: inboxColumns(io.now()), item: await notifications.read(id) }, io)
  const unread = await notifications.readAll()
  if (flag(options, "json")) io.out(asJson(unread))
  else io.note("All is read.")
  return exit_codes.done
}
