import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { memberChanged } from "../member/changed.ts"
import { refuseAbove } from "../member/reach.ts"
import { deleteMember } from "../member/remove.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "../workspace/enter.ts"
import { findAccount, type Which } from "./read.ts"

/** Its tokens end with it. */
export const deleteServiceAccount =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, which: Which): Promise<void> =>
    database.tx(async (sql) => {
      const { workspace_id, account_id: user_id } = which
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "member.manage")
      const { name, email, role } = await findAccount(sql, which)
      refuseAbove(there.role, role)
      await deleteMember(sql, { workspace_id, user_id })
      await distrust(sql, [user_id])
      const subject = { kind: "service_account", id: user_id, name }
      await record(sql, actor, {
        action: "service_account.deleted",
        of: { workspace_id },
        subject,
        details: { role },
      })
      await emit(sql, [memberChanged({ workspace_id, user_id, email, role: null }, kit.now())])
    })
