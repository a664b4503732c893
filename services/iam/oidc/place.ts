import type { Origin } from "#kernel/audit/caller.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Action } from "../audit/actions.ts"
import { record } from "../audit/record.ts"
import { memberChanged } from "../member/changed.ts"
import { keepAnOwner } from "../member/owner.ts"
import { deleteMember } from "../member/remove.ts"
import { distrust } from "../session/revoke.ts"

export type Placing = {
  readonly user_id: string
  readonly email: string
  /** Its slug. */
  readonly workspace: string
  /** What their groups give them; undefined for nothing. */
  readonly role: Role | undefined
  readonly origin: Origin
}

/** They have the role that their groups give them, and no other: above it, below it, or none. The last owner stays. */
export const placeMember = async (sql: Sql, kit: Kit, placing: Placing): Promise<void> => {
  const { user_id, email, workspace, role } = placing
  const workspace_id = await lockWorkspace(sql, workspace)
  const member = { workspace_id, user_id }
  const { role: present, suspended = false } = (await readStanding(sql, member)) ?? {}
  // Who is suspended stays so, also when they are gone from their groups for a while.
  if (present === role || (suspended && !role)) return
  if (present === "owner") await keepAnOwner(sql, member)
  if (role) await setRole(sql, member, role)
  else await deleteMember(sql, member)
  if (present) await distrust(sql, [user_id])
  const doer = { kind: "user", user_id, email, origin: placing.origin } as const
  const subject = { kind: "user", id: user_id, name: email }
  const details = { from: present ?? null, to: role ?? null, by: "groups" }
  await record(sql, doer, { action: deedOf(present, role), of: { workspace_id }, subject, details })
  await emit(sql, [memberChanged({ ...member, email, role: role ?? null }, kit.now())])
}

const deedOf = (from: Role | undefined, to: Role | undefined): Action => {
  if (from === undefined) return "member.joined"
  return to === undefined ? "member.removed" : "member.role_changed"
}

/** Who changes members of one workspace comes after the other. */
const lockWorkspace = async (sql: Sql, slug: string): Promise<string> => {
  const [row] = await sql<{ id: string; archived: boolean }>`
    select id, archived_at is not null as archived from iam.workspace where slug = ${slug} for no key update`
  if (!row) {
    const detail = `People who sign in at the identity provider come into \`${slug}\`, and there is no such workspace.`
    throw new Problem("workspace.not_found", { detail })
  }
  if (row.archived) throw new Problem("workspace.archived")
  return row.id
}

type Member = { readonly workspace_id: string; readonly user_id: string }

const readStanding = async (sql: Sql, { workspace_id, user_id }: Member) => {
  const [row] = await sql<{ role: Role; suspended: boolean }>`
    select role, suspended_at is not null as suspended from iam.member
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
  return row
}

const setRole = (sql: Sql, { workspace_id, user_id }: Member, role: Role) =>
  sql`
    insert into iam.member (user_id, workspace_id, role)
    values (${user_id}::text::uuid, ${workspace_id}::text::uuid, ${role})
    on conflict (user_id, workspace_id) do update set role = excluded.role`
