import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { eventStream, type ServerSent } from "#kernel/http/event-stream.ts"
import { readerOf } from "#kernel/http/reader.ts"
import { bearer, idText, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import type { Office } from "../office.ts"
import { followNotifications, type StreamEvent } from "../stream/follow.ts"
import { countUnread, listNotifications } from "./list.ts"
import { readAll, readOne, unreadOne } from "./mark.ts"
import { notificationShape, unreadShape } from "./shape.ts"

const root = "/api/v1/notifications"
const number = z.string().regex(/^\d{1,15}$/)

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listNotifications",
  summary: "List your notifications",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: number.optional(), unread: z.stringbool().default(false) }) },
  responses: { 200: jsonAnswer("Your own, newest first", page(notificationShape)), ...refusals },
})

const countRoute = createRoute({
  method: "get",
  path: `${root}/unread-count`,
  operationId: "countUnread",
  summary: "Count your unread notifications",
  security: bearer,
  responses: { 200: jsonAnswer("How many you have not read", unreadShape), ...refusals },
})

const readRoute = createRoute({
  method: "patch",
  path: `${root}/{notification_id}/read`,
  operationId: "readNotification",
  summary: "Mark a notification as read",
  security: bearer,
  request: { params: z.object({ notification_id: idText }) },
  responses: { 200: jsonAnswer("The notification, read", notificationShape), ...refusals },
})

const unreadRoute = createRoute({
  method: "patch",
  path: `${root}/{notification_id}/unread`,
  operationId: "unreadNotification",
  summary: "Mark a notification as unread",
  security: bearer,
  request: { params: z.object({ notification_id: idText }) },
  responses: { 200: jsonAnswer("The notification, as if not read", notificationShape), ...refusals },
})

const readAllRoute = createRoute({
  method: "post",
  path: `${root}/read-all`,
  operationId: "readAllNotifications",
  summary: "Mark all your notifications as read",
  security: bearer,
  responses: { 200: jsonAnswer("How many are unread now", unreadShape), ...refusals },
})

const streamRoute = createRoute({
  method: "get",
  path: `${root}/stream`,
  operationId: "followNotifications",
  summary: "Follow your notifications as they come",
  security: bearer,
  request: {
    headers: z.object({ "last-event-id": number.optional() }),
    query: z.object({ last_event_id: number.optional() }),
  },
  responses: {
    200: {
      description:
        "Server-sent events, or the same as messages of a WebSocket: `unread_sync` first, then `notification_received`. With the id of the last one that you had, from there on; without, from now on.",
      content: { "text/event-stream": { schema: notificationShape } },
    },
    ...refusals,
  },
})

const sentOf = ({ id, event, data }: StreamEvent): ServerSent => ({
  id: String(id),
  event,
  data: JSON.stringify(data),
})

export const mountNotifications = (app: App, office: Office): void => {
  const { database } = office
  const list = listNotifications(database)
  const count = countUnread(database)
  const read = readOne(office)
  const unread = unreadOne(office)
  const all = readAll(office)
  const follow = followNotifications(office)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(countRoute, async (context) => context.json(await count(context.get("actor")), 200))
  app.openapi(readRoute, async (context) =>
    context.json(await read(context.get("actor"), context.req.valid("param").notification_id), 200),
  )
  app.openapi(unreadRoute, async (context) =>
    context.json(await unread(context.get("actor"), context.req.valid("param").notification_id), 200),
  )
  app.openapi(readAllRoute, async (context) => context.json(await all(context.get("actor")), 200))
  app.openapi(streamRoute, async (context) => {
    const given = context.req.valid("header")["last-event-id"] ?? context.req.valid("query").last_event_id
    const reader = readerOf(context)
    const after = given === undefined ? undefined : Number(given)
    const events = await follow(context.get("actor"), { after, signal: reader.signal })
    return eventStream(events, sentOf, reader)
  })
}
