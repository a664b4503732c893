import { type Actor, allow } from "#kernel/auth/actor.ts"
import { type News, type NotificationRow, notificationOf, readBox, readNews } from "../inbox/read.ts"
import type { Notification } from "../inbox/shape.ts"
import type { Office } from "../office.ts"
import type { Open } from "./streams.ts"

export type StreamEvent =
  | { readonly id: number; readonly event: "unread_sync"; readonly data: { readonly count: number } }
  | { readonly id: number; readonly event: "notification_received"; readonly data: Notification }

type Follow = {
  /** The number of the last one that was had; from now on, without it. */
  readonly after: number | undefined
  readonly signal: AbortSignal
}

const max_rows = 100
const heartbeat_ms = 10_000
/** News is announced; this is for what no announcement could come for, as while this process was taken for dead. */
const looks_after = 6

type Following = Pick<Office, "database" | "streams">

/** What comes into one's inbox, each once and in order; first how much is unread. It ends when whoever follows leaves. */
export const followNotifications =
  (office: Following) =>
  async (actor: Actor, follow: Follow): Promise<AsyncIterable<readonly StreamEvent[]>> => {
    allow(actor, "notification.read")
    const { workspace_id, user_id } = actor
    const open = await office.streams.open({ workspace_id, user_id })
    return eventsOf(office, { ...follow, workspace_id, user_id, open })
  }

type Own = Follow & { readonly workspace_id: string; readonly user_id: string; readonly open: Open }

const received = (row: NotificationRow): StreamEvent => ({
  id: Number(row.seq),
  event: "notification_received",
  data: notificationOf(row),
})

const isUnread = ({ read_at }: NotificationRow): boolean => read_at === null

/** Where a follower is, and how much it takes to be unread. */
type Place = { readonly seq: number; readonly unread: number; readonly behind: boolean }

type Step = { readonly events: readonly StreamEvent[]; readonly place: Place }

/** What a follower is told after news, and where they are then. Who is behind is told what is unread once they aren't. */
const told = (place: Place, { rows, unread }: News, counted: number): Step => {
  const seq = Number(rows.at(-1)?.seq ?? place.seq)
  const more = rows.filter((row) => isUnread(row) && Number(row.seq) > counted).length
  const behind = rows.length === max_rows
  const events = rows.map(received)
  const known = place.unread + more
  if (behind || known === unread) return { events, place: { seq, unread: known, behind } }
  return {
    events: [...events, { id: seq, event: "unread_sync", data: { count: unread } }],
    place: { seq, unread, behind },
  }
}

async function* eventsOf({ database }: Following, own: Own): AsyncGenerator<readonly StreamEvent[]> {
  const { open, signal } = own
  try {
    const box = await database.run((sql) => readBox(sql, own))
    // A number that lies ahead is none that was ever given out here.
    const seq = Math.min(own.after ?? box.seq, box.seq)
    yield [{ id: seq, event: "unread_sync", data: { count: box.unread } }]
    let place: Place = { seq, unread: box.unread, behind: true }
    while (!signal.aborted) {
      const heard = open.next(place.behind ? 0 : heartbeat_ms, signal)
      const from = { after: place.seq, limit: max_rows }
      const step = told(place, await database.run((sql) => readNews(sql, own, from)), box.seq)
      place = step.place
      if (step.events.length > 0) yield step.events
      let fired = await heard
      for (let quiet = 0; !fired && !place.behind && !signal.aborted && quiet < looks_after; quiet += 1) {
        yield []
        fired = await open.next(heartbeat_ms, signal)
      }
    }
  } finally {
    await open.close()
  }
}
