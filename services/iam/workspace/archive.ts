import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "./enter.ts"
import type { Workspace } from "./shape.ts"
import { readWorkspace } from "./show.ts"

/** From then on it may be read, and nothing is done in it; archiving it twice is fine. */
export const archiveWorkspace =
  (database: Database) =>
  (actor: Actor, workspace_id: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow({ ...there, archived: false }, "workspace.archive")
      await markArchived(sql, workspace_id)
      await distrust(sql, [workspace_id])
      return readWorkspace(sql, there)
    })

export const restoreWorkspace =
  (database: Database) =>
  (actor: Actor, workspace_id: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow({ ...there, archived: false }, "workspace.archive")
      await markRestored(sql, workspace_id)
      await distrust(sql, [workspace_id])
      return readWorkspace(sql, there)
    })

const markArchived = (sql: Sql, workspace_id: string) =>
  sql`
    update iam.workspace set archived_at = now()
    where id = ${workspace_id}::text::uuid and archived_at is null`

const markRestored = (sql: Sql, workspace_id: string) =>
  sql`update iam.workspace set archived_at = null where id = ${workspace_id}::text::uuid`
