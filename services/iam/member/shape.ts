import { z } from "@hono/zod-openapi"
import { roles } from "#kernel/auth/permissions.ts"

export const memberShape = z
  .object({
    user_id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    created_at: z.iso.datetime(),
  })
  .openapi("Member")

export const memberRoleShape = z.object({ role: z.enum(roles) }).openapi("MemberRole")

export type Member = z.infer<typeof memberShape>
