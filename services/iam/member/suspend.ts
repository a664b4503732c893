import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "../workspace/enter.ts"
import { memberChanged } from "./changed.ts"
import { keepAnOwner } from "./owner.ts"
import { refuseAbove, refuseBeyond } from "./reach.ts"
import { readMember } from "./read.ts"
import type { Member } from "./shape.ts"

type Which = { readonly workspace_id: string; readonly user_id: string }

const markSuspended = (sql: Sql, { workspace_id, user_id }: Which) =>
  sql`
    update iam.member set suspended_at = now()
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid and suspended_at is null
    returning user_id`

const markResumed = (sql: Sql, { workspace_id, user_id }: Which) =>
  sql`
    update iam.member set suspended_at = null
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid
      and suspended_at is not null
    returning user_id`

type Marking = {
  readonly mark: typeof markSuspended
  readonly action: "member.suspended" | "member.resumed"
  /** What else is refused, by what the member is. */
  readonly check: (sql: Sql, actor: Caller, member: Member & Which) => Promise<void>
}

const marking =
  ({ mark, action, check }: Marking) =>
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, { workspace_id, user_id }: Which): Promise<Member> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "member.manage")
      const member = await readMember(sql, workspace_id, user_id)
      if (!member) throw new Problem("member.not_found", { detail: `There is no member ${user_id} here.` })
      refuseAbove(there.role, member.role)
      await check(sql, there, { ...member, workspace_id })
      if ((await mark(sql, { workspace_id, user_id })).length === 0) return member
      await distrust(sql, [user_id])
      const { email, role } = member
      const subject = { kind: "user", id: user_id, name: email }
      await record(sql, actor, { action, of: { workspace_id }, subject, details: { role } })
      const suspended = action === "member.suspended"
      await emit(sql, [memberChanged({ workspace_id, user_id, email, role, suspended }, kit.now())])
      return (await readMember(sql, workspace_id, user_id)) ?? member
    })

/**
 * Keeps a member out of the workspace: them, their tokens for it and their streams, within a second. Nothing of theirs is taken
 * away. Doing it twice is fine.
 */
export const suspendMember = marking({
  mark: markSuspended,
  action: "member.suspended",
  async check(sql, actor, { workspace_id, user_id, role, suspended_at }) {
    if (user_id === actor.user_id) throw new Problem("suspension.own")
    if (role === "owner" && suspended_at === null) await keepAnOwner(sql, { workspace_id, user_id })
  },
})

/** They are what they were, and what they had works again. */
export const resumeMember = marking({
  mark: markResumed,
  action: "member.resumed",
  check: (_, actor, { role }) => Promise.resolve(refuseBeyond(actor, role)),
})
