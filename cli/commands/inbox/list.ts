import { flag, type Given, text } from "../../command.ts"
import { connection } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { followInbox } from "../../follow-inbox.ts"
import { inboxColumns } from "../../inbox-table.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

const usual_limit = 20

/** Whoever asks for something in particular gets a list. */
const wantsList = ({ options }: Given): boolean =>
  ["plain", "json", "unread", "all"].some((name) => flag(options, name)) ||
  text(options, "limit") !== undefined

export const run = async (given: Given, io: Io): Promise<number> => {
  const { options } = given
  const { client, url } = connection(options, io)
  const { notifications } = client
  if (flag(options, "follow")) return followInbox(notifications, flag(options, "json"), io)
  if (io.takes_keys && !wantsList(given)) {
    // Loaded only here: what shows nothing alive begins in a third of the time.
    const { inboxLive } = await import("../../inbox/live.ts")
    return (await inboxLive({ client, url }, io)) === "left" ? exit_codes.done : exit_codes.interrupted
  }
  const filter = flag(options, "unread") ? { unread: true } : {}
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: inboxColumns(io.now()),
      first: () => notifications.list({ ...filter, limit }),
      all: () => notifications.all(filter),
      empty: "Your inbox is empty. `wf subscriptions create --event run.failed` has you told of failures.",
    },
    io,
  )
}
