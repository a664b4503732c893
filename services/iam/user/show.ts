import type { Actor } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Workspace, workspaceOf } from "../workspace/shape.ts"
import type { User } from "./shape.ts"

export type Me = { user: User; workspace: Workspace }

/** Who the caller is, where, and as what. */
export const showMe =
  (database: Database) =>
  async (actor: Actor): Promise<Me> => {
    const row = await database.run((sql) => readMember(sql, actor))
    if (!row) throw new Problem("auth.invalid", { detail: "You are no member of this workspace any more." })
    const {
      email,
      user_name,
      joined_at,
      verified_at,
      workspace_id: id,
      slug,
      workspace_name,
      created_at,
      archived_at,
    } = row
    return {
      user: {
        ...{ id: actor.user_id, email, name: user_name },
        created_at: joined_at.toISOString(),
        verified_at: verified_at?.toISOString() ?? null,
      },
      // A token may have less than its holder.
      workspace: workspaceOf({ id, slug, name: workspace_name, role: actor.role, created_at, archived_at }),
    }
  }

type MemberRow = {
  readonly email: string
  readonly user_name: string
  readonly joined_at: Date
  readonly verified_at: Date | null
  readonly workspace_id: string
  readonly slug: string
  readonly workspace_name: string
  readonly created_at: Date
  readonly archived_at: Date | null
}

const readMember = async (sql: Sql, { user_id, workspace_id }: Actor) => {
  const [row] = await sql<MemberRow>`
    select email, user_account.name as user_name, user_account.created_at as joined_at, verified_at, workspace_id, slug,
      workspace.name as workspace_name, workspace.created_at, archived_at
    from iam.member
      join iam.user_account on user_account.id = user_id
      join iam.workspace on workspace.id = workspace_id
    where user_id = ${user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return row
}
