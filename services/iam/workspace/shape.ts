import { z } from "@hono/zod-openapi"
import { type Role, roles } from "#kernel/auth/permissions.ts"

export const workspaceShape = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    role: z.enum(roles),
    created_at: z.iso.datetime(),
    archived_at: z.iso.datetime().nullable(),
  })
  .openapi("Workspace")

export type Workspace = z.infer<typeof workspaceShape>

const max_name_chars = 100

export const nameText = z
  .string()
  .trim()
  .min(1)
  .max(max_name_chars)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "has a character that is refused")

export const slugText = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    "has up to 40 of a-z, 0-9 and -, with none of - at its ends",
  )

export const newWorkspaceShape = z
  .object({ name: nameText, slug: slugText.optional() })
  .openapi("NewWorkspace")

export const workspaceNameShape = z.object({ name: nameText }).openapi("WorkspaceName")

export type WorkspaceRow = {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly role: Role
  readonly created_at: Date
  readonly archived_at: Date | null
}

export const workspaceOf = ({ id, slug, name, role, ...times }: WorkspaceRow): Workspace => ({
  ...{ id, slug, name, role },
  created_at: times.created_at.toISOString(),
  archived_at: times.archived_at?.toISOString() ?? null,
})
