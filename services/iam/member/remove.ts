import type { Caller } from "#kernel/audit/caller.ts"
import { type Actor, allow, isLimited } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "../workspace/enter.ts"
import { memberChanged } from "./changed.ts"
import { keepAnOwner } from "./owner.ts"
import { refuseAbove } from "./reach.ts"
import { readMember } from "./read.ts"

export type RemoveMember = { readonly workspace_id: string; readonly user_id: string }

/** Oneself, which is leaving, may everybody; others, who may manage members. Their tokens for the workspace end with it. */
export const removeMember =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, { workspace_id, user_id }: RemoveMember): Promise<void> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      if (user_id === actor.user_id) refuseToLeave(actor)
      else allow(there, "member.manage")
      const member = await readMember(sql, workspace_id, user_id)
      if (!member) throw new Problem("member.not_found", { detail: `There is no member ${user_id} here.` })
      if (user_id !== actor.user_id) refuseAbove(there.role, member.role)
      if (member.role === "owner") await keepAnOwner(sql, { workspace_id, user_id })
      await deleteMember(sql, { workspace_id, user_id })
      await distrust(sql, [user_id])
      const { email, role } = member
      const action = user_id === actor.user_id ? "member.left" : "member.removed"
      const subject = { kind: "user", id: user_id, name: email }
      await record(sql, actor, { action, of: { workspace_id }, subject, details: { role } })
      await emit(sql, [memberChanged({ workspace_id, user_id, email, role: null }, kit.now())])
    })

/** With the membership its holder's other tokens would end: that is nothing for one that was made for less. */
const refuseToLeave = (actor: Actor): void => {
  if (!isLimited(actor)) return
  const detail = "Your token is for some things only: it makes its holder leave no workspace."
  throw new Problem("auth.forbidden", { detail })
}

export const deleteMember = (sql: Sql, { workspace_id, user_id }: RemoveMember) =>
  sql`
    delete from iam.member
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
