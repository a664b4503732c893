import { z } from "@hono/zod-openapi"
import { roles } from "#kernel/auth/permissions.ts"
import { timeText } from "#kernel/http/shapes.ts"
import { mailAddress } from "../user/credentials.ts"

const max_token_chars = 128

export const inviteShape = z
  .object({
    id: z.uuid(),
    email: z.string(),
    role: z.enum(roles),
    invited_by: z.uuid(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .openapi("Invite")

export const createdInviteShape = inviteShape
  .extend({
    token: z.string().openapi({ description: "What the invited person accepts it with. Shown this once." }),
    mailed: z.boolean().openapi({ description: "They get it by mail, too." }),
  })
  .openapi("InviteCreated")

export const newInviteShape = z
  .object({
    email: mailAddress,
    role: z.enum(roles),
    expires_at: timeText.optional(),
  })
  .openapi("NewInvite")

export const acceptShape = z.object({ token: z.string().max(max_token_chars) }).openapi("AcceptInvite")

export type Invite = z.infer<typeof inviteShape>
export type CreatedInvite = z.infer<typeof createdInviteShape>
export type NewInvite = z.output<typeof newInviteShape>

export type InviteRow = Omit<Invite, "created_at" | "expires_at"> & {
  readonly created_at: Date
  readonly expires_at: Date
}

export const inviteOf = ({ created_at, expires_at, ...row }: InviteRow): Invite => ({
  ...row,
  created_at: created_at.toISOString(),
  expires_at: expires_at.toISOString(),
})
