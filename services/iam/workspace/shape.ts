import { z } from "@hono/zod-openapi"
import { roles } from "#kernel/auth/permissions.ts"

export const workspaceShape = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    role: z.enum(roles),
    created_at: z.iso.datetime(),
  })
  .openapi("Workspace")

export type Workspace = z.infer<typeof workspaceShape>
