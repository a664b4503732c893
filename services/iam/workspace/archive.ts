import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { Caller } from "../audit/caller.ts"
import { record } from "../audit/record.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "./enter.ts"
import type { Workspace } from "./shape.ts"
import { readWorkspace } from "./show.ts"

/** From then on it may be read, and nothing is done in it; archiving it twice is fine. */
export const archiveWorkspace =
  (database: Database) =>
  (actor: Caller, workspace_id: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow({ ...there, archived: false }, "workspace.archive")
      const changed = await markArchived(sql, workspace_id)
      const workspace = await readWorkspace(sql, there)
      if (changed.length === 0) return workspace
      await distrust(sql, [workspace_id])
      const subject = { kind: "workspace", id: workspace_id, name: workspace.slug }
      await record(sql, actor, { action: "workspace.archived", of: { workspace_id }, subject })
      return workspace
    })

export const restoreWorkspace =
  (database: Database) =>
  (actor: Caller, workspace_id: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow({ ...there, archived: false }, "workspace.archive")
      const changed = await markRestored(sql, workspace_id)
      const workspace = await readWorkspace(sql, there)
      if (changed.length === 0) return workspace
      await distrust(sql, [workspace_id])
      const subject = { kind: "workspace", id: workspace_id, name: workspace.slug }
      await record(sql, actor, { action: "workspace.restored", of: { workspace_id }, subject })
      return workspace
    })

const markArchived = (sql: Sql, workspace_id: string) =>
  sql`
    update iam.workspace set archived_at = now()
    where id = ${workspace_id}::text::uuid and archived_at is null
    returning id`

const markRestored = (sql: Sql, workspace_id: string) =>
  sql`
    update iam.workspace set archived_at = null
    where id = ${workspace_id}::text::uuid and archived_at is not null
    returning id`
