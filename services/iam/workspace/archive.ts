import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { record } from "../audit/record.ts"
import { distrust } from "../session/revoke.ts"
import { enterToChange } from "./enter.ts"
import type { Workspace } from "./shape.ts"
import { readWorkspace } from "./show.ts"

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

type Marking = {
  readonly mark: typeof markArchived
  readonly action: "workspace.archived" | "workspace.restored"
}

const marking =
  ({ mark, action }: Marking) =>
  (database: Database) =>
  (actor: Caller, workspace_id: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow({ ...there, archived: false }, "workspace.archive")
      const changed = await mark(sql, workspace_id)
      const workspace = await readWorkspace(sql, there)
      if (changed.length === 0) return workspace
      await distrust(sql, [workspace_id])
      const subject = { kind: "workspace", id: workspace_id, name: workspace.slug }
      await record(sql, actor, { action, of: { workspace_id }, subject })
      return workspace
    })

/** From then on it may be read, and nothing is done in it; archiving it twice is fine. */
export const archiveWorkspace = marking({ mark: markArchived, action: "workspace.archived" })

export const restoreWorkspace = marking({ mark: markRestored, action: "workspace.restored" })
