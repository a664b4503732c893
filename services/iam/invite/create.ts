import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { invalidRequest } from "#kernel/http/invalid.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import type { Letter, Letters } from "../letter/letter.ts"
import { postLetter } from "../letter/post.ts"
import { refuseBeyond } from "../member/reach.ts"
import { tryIn } from "../throttle/attempt.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import { enterToChange } from "../workspace/enter.ts"
import { readWorkspace } from "../workspace/show.ts"
import { type CreatedInvite, type InviteRow, inviteOf, type NewInvite } from "./shape.ts"

const invite_prefix = "wfi_"
const default_days = 7
const max_days = 30
const max_open = 500
const day_ms = 86_400_000

/** Whoever has the answer's token and that address becomes a member, once, and only while the inviter could invite them. */
export const createInvite =
  ({ database, kit, letters }: Pick<Iam, "database" | "kit" | "letters">) =>
  async (
    actor: Caller,
    workspace_id: string,
    { email, role, expires_at }: NewInvite,
  ): Promise<CreatedInvite> => {
    const ends = sooner(endOf(expires_at, kit.now()), actor)
    const token = newSecret(invite_prefix)
    const hash = await hashOf(token)
    return database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "member.manage")
      refuseBeyond(there, role)
      const { members, open } = await countOf(sql, workspace_id, email)
      if (members > 0) throw new Problem("member.exists", { detail: `${email} is a member already.` })
      if (open >= max_open)
        throw new Problem("workspace.too_many", { detail: `${max_open} invitations are open.` })
      const { user_id: invited_by } = actor
      const row = await insertInvite(sql, { id: kit.id(), hash, workspace_id, email, role, invited_by, ends })
      const { name: workspace } = await readWorkspace(sql, there)
      const told = { email, token, workspace, role, invited_by: actor.email, expires_at: ends.toISOString() }
      const mailed = await tellGuest(sql, letters, { kind: "invite", ...told })
      const made = inviteOf(row)
      const { id: invite_id, expires_at: until } = made
      const subject = { kind: "invite", id: invite_id, name: email }
      await record(sql, actor, { action: "invite.created", of: { workspace_id }, subject, details: { role } })
      const data = { invite_id, workspace_id, email, role, invited_by, expires_at: until }
      await emit(sql, [{ type: "user.invited", key: workspace_id, data }])
      return { ...made, token, mailed }
    })
  }

/** Who is invited over and over gets no more mail for that; what they would join with is the inviter's to hand on. */
const tellGuest = async (
  sql: Sql,
  letters: Letters | undefined,
  letter: Letter & { readonly kind: "invite" },
): Promise<boolean> => {
  if (!letters || (await tryIn(sql, [{ rule: "invitation", of: letter.email }])) > 0) return false
  await postLetter(sql, letters, letter)
  return true
}

/** What a token with an end makes ends with it at the latest. */
const sooner = (ends: Date, { expires_at }: Caller): Date => {
  const last = expires_at === undefined ? ends : new Date(expires_at)
  return last < ends ? last : ends
}

const endOf = (wanted: string | undefined, now: Date): Date => {
  if (wanted === undefined) return new Date(now.getTime() + default_days * day_ms)
  const ends = new Date(wanted)
  const fits = ends > now && ends.getTime() <= now.getTime() + max_days * day_ms
  if (fits) return ends
  const message = `lies in the past, or more than ${max_days} days ahead`
  throw invalidRequest({ issues: [{ path: ["expires_at"], message }] })
}

const countOf = async (sql: Sql, workspace_id: string, email: string) => {
  const [row] = await sql<{ members: number; open: number }>`
    select
      (select count(*)::int from iam.member join iam.user_account on user_account.id = user_id
        where workspace_id = ${workspace_id}::text::uuid and email = ${email}) as members,
      (select count(*)::int from iam.invite
        where workspace_id = ${workspace_id}::text::uuid and accepted_at is null and revoked_at is null
          and expires_at > now()) as open`
  return row ?? { members: 0, open: 0 }
}

type NewRow = Pick<InviteRow, "id" | "email" | "role" | "invited_by"> & {
  readonly hash: Uint8Array
  readonly workspace_id: string
  readonly ends: Date
}

const insertInvite = async (sql: Sql, { id, hash, workspace_id, email, role, invited_by, ends }: NewRow) => {
  const [row] = await sql<InviteRow>`
    insert into iam.invite (id, hash, workspace_id, email, role, invited_by, expires_at)
    values (${id}::text::uuid, ${hash}, ${workspace_id}::text::uuid, ${email}, ${role}, ${invited_by}::text::uuid,
      ${ends}::timestamptz)
    returning id, email, role, invited_by, created_at, expires_at`
  if (!row) throw new Error("inserting an invitation returned no row")
  return row
}
