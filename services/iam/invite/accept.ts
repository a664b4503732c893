import type { Caller } from "#kernel/audit/caller.ts"
import { refuseBound } from "#kernel/auth/actor.ts"
import { includes, isAbove, type Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Doer, record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { memberChanged } from "../member/changed.ts"
import { insertMember } from "../member/insert.ts"
import { hashOf } from "../token/secret.ts"
import type { Workspace } from "../workspace/shape.ts"
import { readWorkspace } from "../workspace/show.ts"

/** The invited person becomes a member. Of two who come with the same token, the second finds it used. */
export const acceptInvite =
  (iam: Accepting) =>
  async (actor: Caller, token: string): Promise<Workspace> => {
    refuseBound(actor)
    return acceptAs(iam, actor, token)
  }

type Accepting = Pick<Iam, "database" | "kit">

/** The same, for who has shown who they are in another way. */
export const acceptAs = async (
  { database, kit }: Accepting,
  person: Doer & { readonly user_id: string },
  token: string,
): Promise<Workspace> => {
  const hash = await hashOf(token)
  return database.tx(async (sql) => {
    const invite = await takeInvite(sql, hash)
    if (!invite || !(await mayStillInvite(sql, invite))) throw new Problem("invite.not_found")
    if (invite.email !== person.email) throw new Problem("invite.not_yours")
    const { workspace_id, role } = invite
    const { user_id, email } = person
    const joined = await insertMember(sql, { workspace_id, user_id, role })
    if (!joined) throw new Problem("member.exists", { detail: "You are a member already." })
    const workspace = await readWorkspace(sql, { workspace_id, role })
    if (workspace.archived_at !== null) throw new Problem("workspace.archived")
    const subject = { kind: "user", id: user_id, name: email }
    const details = { role, invited_by: invite.invited_by }
    await record(sql, person, { action: "member.joined", of: { workspace_id }, subject, details })
    await emit(sql, [memberChanged({ workspace_id, user_id, email, role }, kit.now())])
    return workspace
  })
}

type Taken = {
  readonly workspace_id: string
  readonly email: string
  readonly role: Role
  readonly invited_by: string
}

/** What fails after this undoes it, so that an invitation is used up by its acceptance alone. */
const takeInvite = async (sql: Sql, hash: Uint8Array): Promise<Taken | undefined> => {
  const [row] = await sql<Taken>`
    update iam.invite set accepted_at = now()
    where hash = ${hash} and accepted_at is null and revoked_at is null and expires_at > now()
    returning workspace_id, email, role, invited_by`
  return row
}

/** Who was removed, is suspended or has a lower role by now brings nobody in any more. */
const mayStillInvite = async (sql: Sql, { workspace_id, invited_by, role }: Taken): Promise<boolean> => {
  const [inviter] = await sql<{ role: Role }>`
    select role from iam.member join iam.user_account on user_account.id = user_id
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${invited_by}::text::uuid
      and member.suspended_at is null and user_account.suspended_at is null
    for share of member, user_account`
  return inviter !== undefined && includes(inviter.role, "member.manage") && !isAbove(role, inviter.role)
}
