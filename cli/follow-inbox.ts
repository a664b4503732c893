import type { Client } from "#sdk/client.ts"
import { asJson } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { inboxColumns } from "./inbox-table.ts"
import type { Io } from "./io.ts"
import { printTable } from "./table.ts"

/** Shows what comes as it comes, until somebody has seen enough. */
export const followInbox = async (
  notifications: Client["notifications"],
  json: boolean,
  io: Io,
): Promise<number> => {
  try {
    for await (const { event, data } of notifications.follow({ signal: io.signal })) {
      if (json) io.out(asJson({ event, data }))
      else if (event === "notification_received") printTable(io, inboxColumns(io.now()), [data])
      else if (io.note_is_tty) io.note(`${data.count} unread`)
    }
  } catch (error) {
    if (!io.signal.aborted) throw error
  }
  return exit_codes.interrupted
}
