import { z } from "@hono/zod-openapi"

export const grantShape = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().openapi({ description: "Seconds until the access token ends." }),
  })
  .openapi("Login")

export const sessionShape = z
  .object({
    id: z.uuid(),
    device: z.string().openapi({ description: "What signed in, as it calls itself." }),
    address: z.string().nullable(),
    current: z.boolean(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
  })
  .openapi("Session")

export type Session = z.infer<typeof sessionShape>

export type Grant = z.infer<typeof grantShape>
