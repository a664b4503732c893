import { z } from "@hono/zod-openapi"

export const userShape = z
  .object({ id: z.uuid(), email: z.string(), name: z.string(), created_at: z.iso.datetime() })
  .openapi("User")

export type User = z.infer<typeof userShape>
