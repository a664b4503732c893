import type { Role } from "#kernel/auth/permissions.ts"
import type { Event } from "#kernel/outbox/emit.ts"

export type Changed = {
  readonly workspace_id: string
  readonly user_id: string
  readonly email: string
  /** Null when they are no member any more. */
  readonly role: Role | null
  /** They are kept out for now, whatever their role is. */
  readonly suspended?: boolean
}

export const memberChanged = (changed: Changed, at: Date): Event => ({
  type: "member.changed",
  key: changed.user_id,
  data: { ...changed, at: at.toISOString() },
})
