import { either, following } from "./follow.ts"
import { allOf, pageCall } from "./pages.ts"
import type { Notification, Page, PageOptions } from "./shapes.ts"
import { sentEvents } from "./streams.ts"
import type { Transport } from "./transport.ts"

export type ListNotifications = PageOptions & { readonly unread?: boolean }

export type FollowNotifications = {
  readonly signal?: AbortSignal
  /** The number of the last one that was had; from now on, without it. */
  readonly after?: number
  /** How long the server may stay away. Default one minute. */
  readonly max_away_ms?: number
}

export type NotificationEvent =
  | { readonly id: number; readonly event: "unread_sync"; readonly data: { readonly count: number } }
  | { readonly id: number; readonly event: "notification_received"; readonly data: Notification }

const root = "/api/v1/notifications"

export const notificationsOf = (transport: Transport) => {
  const list = (options: ListNotifications = {}) =>
    transport.json<Page<Notification>>(pageCall(root, options))

  /** What comes into one's inbox, each once; goes on after a lost connection from where it was, and ends when it is told to. */
  const follow = (options: FollowNotifications = {}): AsyncIterable<NotificationEvent> => {
    const { signal, max_away_ms = 60_000 } = options
    let { after } = options
    async function* open(): AsyncGenerator<NotificationEvent> {
      const from = after === undefined ? {} : { "last-event-id": String(after) }
      const headers = { accept: "text/event-stream", ...from }
      const call = { path: `${root}/stream`, headers, stream: true, ...(signal && { signal }) }
      const { body } = await transport.send(call)
      if (!body) return
      for await (const { id, event, data } of sentEvents(body)) {
        after = Number(id)
        yield { id: after, event, data: JSON.parse(data) as unknown } as NotificationEvent
      }
    }
    return following(open, () => false, { signal: either(transport.signal, signal), max_away_ms })
  }

  const mark = (id: string, as: "read" | "unread") =>
    transport.json<Notification>({ method: "PATCH", path: `${root}/${encodeURIComponent(id)}/${as}` })

  return {
    list,
    all: (options: ListNotifications = {}) => allOf(list, options),
    unread: () => transport.json<{ readonly count: number }>({ path: `${root}/unread-count` }),
    read: (id: string) => mark(id, "read"),
    /** As if it had not been read. */
    markUnread: (id: string) => mark(id, "unread"),
    readAll: () => transport.json<{ readonly count: number }>({ method: "POST", path: `${root}/read-all` }),
    follow,
  }
}
