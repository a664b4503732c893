import { z } from "@hono/zod-openapi"

export const grantShape = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().openapi({ description: "Seconds until the access token ends." }),
  })
  .openapi("Login")

export type Grant = z.infer<typeof grantShape>
