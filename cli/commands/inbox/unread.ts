import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { inboxColumns } from "../../inbox-table.ts"
import type { Io } from "../../io.ts"
import { printOne } from "../../list.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const item = await connect(options, io).notifications.markUnread(id)
  return printOne(options, { columns: inboxColumns(io.now()), item }, io)
}
