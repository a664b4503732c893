import { z } from "@hono/zod-openapi"

export const userShape = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    created_at: z.iso.datetime(),
    verified_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "Since when it is known that the address is theirs." }),
  })
  .openapi("User")

export type User = z.infer<typeof userShape>
