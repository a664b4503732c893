import { z } from "@hono/zod-openapi"

export const notificationShape = z
  .object({
    id: z.uuid(),
    type: z.string(),
    title: z.string(),
    body: z.string(),
    link: z.string().nullable(),
    read_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi("Notification")

export type Notification = z.infer<typeof notificationShape>

export const unreadShape = z.object({ count: z.int() }).openapi("UnreadCount")

export type Unread = z.infer<typeof unreadShape>
