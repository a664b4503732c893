import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { enter } from "./enter.ts"
import { type Workspace, type WorkspaceRow, workspaceOf } from "./shape.ts"

export const showWorkspace =
  (database: Database) =>
  (actor: Actor, workspace_id: string): Promise<Workspace> =>
    database.run(async (sql) => {
      const there = await enter(sql, actor, workspace_id)
      allow(there, "member.read")
      return readWorkspace(sql, there)
    })

export const readWorkspace = async (
  sql: Sql,
  { workspace_id, role }: Pick<Actor, "workspace_id" | "role">,
): Promise<Workspace> => {
  const [row] = await sql<Omit<WorkspaceRow, "role">>`
    select id, slug, name, created_at, archived_at from iam.workspace where id = ${workspace_id}::text::uuid`
  if (!row) throw new Error(`workspace ${workspace_id} is gone, which none ever is`)
  return workspaceOf({ ...row, role })
}
