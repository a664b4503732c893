import { flag, type Given, text } from "../../command.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { followInbox } from "../../follow-inbox.ts"
import type { Io } from "../../io.ts"
import { run as list } from "./list.ts"

/** Whoever asks for something in particular gets a list. */
const wantsList = ({ options }: Given): boolean =>
  ["plain", "json", "unread", "all"].some((name) => flag(options, name)) ||
  text(options, "limit") !== undefined

export const run = async (given: Given, io: Io): Promise<number> => {
  const { options } = given
  const follows = flag(options, "follow")
  if (!follows && (!io.takes_keys || wantsList(given))) return list(given, io)
  const { client, url } = connection(options, io)
  if (follows) return followInbox(client.notifications, flag(options, "json"), io)
  // Loaded only here: what shows nothing alive begins in a third of the time.
  const { inboxLive } = await import("../../inbox/live.ts")
  return (await inboxLive({ client, url }, io)) === "left" ? exit_codes.done : exit_codes.interrupted
}
