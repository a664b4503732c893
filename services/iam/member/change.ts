import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import { isAbove, type Role } from "#kernel/auth/permissions.ts"
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

export type ChangeMember = { readonly workspace_id: string; readonly user_id: string; readonly role: Role }

/** Gives a member another role: neither one above the caller's own, nor to somebody who is above the caller. */
export const changeMember =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, { workspace_id, user_id, role }: ChangeMember): Promise<Member> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "member.manage")
      const member = await readMember(sql, workspace_id, user_id)
      if (!member) throw new Problem("member.not_found", { detail: `There is no member ${user_id} here.` })
      refuseAbove(there.role, member.role)
      if (isAbove(role, member.role)) refuseBeyond(there, role)
      if (member.role === role) return member
      if (member.role === "owner") await keepAnOwner(sql, { workspace_id, user_id })
      await setRole(sql, { workspace_id, user_id, role })
      await distrust(sql, [user_id])
      const subject = { kind: "user", id: user_id, name: member.email }
      const details = { from: member.role, to: role }
      await record(sql, actor, { action: "member.role_changed", of: { workspace_id }, subject, details })
      await emit(sql, [memberChanged({ workspace_id, user_id, email: member.email, role }, kit.now())])
      return { ...member, role }
    })

const setRole = (sql: Sql, { workspace_id, user_id, role }: ChangeMember) =>
  sql`
    update iam.member set role = ${role}
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
