import { type Actor, isPerson } from "#kernel/auth/actor.ts"
import { isAbove, type Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** The caller as a member of the workspace that a path names, by what is true now; who is none finds nothing there. */
export const enter = async (sql: Sql, actor: Actor, workspace_id: string): Promise<Actor> => {
  refuseElsewhere(actor, workspace_id)
  const [row] = await sql<Standing>`
    select role, archived_at is not null as archived
    from iam.member join iam.workspace on workspace.id = workspace_id
    where user_id = ${actor.user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return standingIn(actor, workspace_id, row)
}

/** The same, to change something: who changes members of one workspace comes after the other. */
export const enterToChange = async (sql: Sql, actor: Actor, workspace_id: string): Promise<Actor> => {
  refuseElsewhere(actor, workspace_id)
  const [row] = await sql<Standing>`
    with locked as materialized (
      select id, archived_at from iam.workspace where id = ${workspace_id}::text::uuid for no key update
    )
    select archived_at is not null as archived from locked`
  const [member] = await sql<{ role: Role }>`
    select role from iam.member
    where user_id = ${actor.user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return standingIn(actor, workspace_id, row && member && { ...row, ...member })
}

type Standing = { readonly role: Role; readonly archived: boolean }

const notFound = (workspace_id: string) =>
  new Problem("workspace.not_found", { detail: `You have no workspace ${workspace_id}.` })

const refuseElsewhere = (actor: Actor, workspace_id: string): void => {
  if (!isPerson(actor) && actor.workspace_id !== workspace_id) throw notFound(workspace_id)
}

const standingIn = (actor: Actor, workspace_id: string, standing: Standing | undefined): Actor => {
  if (!standing) throw notFound(workspace_id)
  // A token may have less than its holder.
  const role = !isPerson(actor) && isAbove(standing.role, actor.role) ? actor.role : standing.role
  return { ...actor, workspace_id, role, archived: standing.archived }
}
