import { z } from "@hono/zod-openapi"
import { roles } from "#kernel/auth/permissions.ts"

export const memberShape = z
  .object({
    user_id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    created_at: z.iso.datetime(),
    suspended_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "Since when they are kept out; null for who may work here." }),
  })
  .openapi("Member")

export const memberRoleShape = z.object({ role: z.enum(roles) }).openapi("ChangeMember")

export type Member = z.infer<typeof memberShape>
