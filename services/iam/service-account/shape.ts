import { z } from "@hono/zod-openapi"
import { type Role, roles } from "#kernel/auth/permissions.ts"
import { slugText } from "../workspace/shape.ts"

export const serviceAccountShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    email: z.string().openapi({ description: "What it is called where people are told by their address." }),
    role: z.enum(roles),
    created_by: z.uuid(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: "When one of its tokens was." }),
  })
  .openapi("ServiceAccount")

export const newServiceAccountShape = z
  .object({
    name: slugText,
    role: z.enum(roles),
  })
  .openapi("NewServiceAccount")

export type ServiceAccount = z.infer<typeof serviceAccountShape>
export type NewServiceAccount = z.output<typeof newServiceAccountShape>

export type AccountRow = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly created_by: string
  readonly created_at: Date
  readonly last_used_at: Date | null
}

export const serviceAccountOf = ({ created_at, last_used_at, ...row }: AccountRow): ServiceAccount => ({
  ...row,
  created_at: created_at.toISOString(),
  last_used_at: last_used_at?.toISOString() ?? null,
})
