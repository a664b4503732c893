import { type Actor, isPerson } from "#kernel/auth/actor.ts"
import { isAbove, type Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { refuseSuspended, type Standing } from "../account/refuse.ts"

/** The caller as a member of the workspace that a path names, by what is true now; who is none finds nothing there. */
export const enter = async (sql: Sql, actor: Actor, workspace_id: string): Promise<Actor> => {
  refuseElsewhere(actor, workspace_id)
  const [row] = await sql<Membership>`
    select role, archived_at is not null as archived, member.suspended_at is not null as suspended,
      user_account.suspended_at is not null as account_suspended
    from iam.member join iam.workspace on workspace.id = workspace_id join iam.user_account on user_account.id = user_id
    where user_id = ${actor.user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return standingIn(actor, workspace_id, row)
}

/** The same, to change something: who changes members of one workspace comes after the other. */
export const enterToChange = async (sql: Sql, actor: Actor, workspace_id: string): Promise<Actor> => {
  refuseElsewhere(actor, workspace_id)
  const [row] = await sql<{ archived: boolean }>`
    with locked as materialized (
      select id, archived_at from iam.workspace where id = ${workspace_id}::text::uuid for no key update
    )
    select archived_at is not null as archived from locked`
  const [member] = await sql<Omit<Membership, "archived">>`
    select role, member.suspended_at is not null as suspended, user_account.suspended_at is not null as account_suspended
    from iam.member join iam.user_account on user_account.id = user_id
    where user_id = ${actor.user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return standingIn(actor, workspace_id, row && member && { ...row, ...member })
}

type Membership = Standing & { readonly role: Role; readonly archived: boolean }

const notFound = (workspace_id: string) =>
  new Problem("workspace.not_found", { detail: `You have no workspace ${workspace_id}.` })

const refuseElsewhere = (actor: Actor, workspace_id: string): void => {
  if (!isPerson(actor) && actor.workspace_id !== workspace_id) throw notFound(workspace_id)
}

const standingIn = (actor: Actor, workspace_id: string, standing: Membership | undefined): Actor => {
  if (!standing) throw notFound(workspace_id)
  refuseSuspended(standing)
  // A token may have less than its holder.
  const role = !isPerson(actor) && isAbove(standing.role, actor.role) ? actor.role : standing.role
  return { ...actor, workspace_id, role, archived: standing.archived }
}
