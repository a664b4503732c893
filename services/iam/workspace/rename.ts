import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { enterToChange } from "./enter.ts"
import type { Workspace } from "./shape.ts"
import { readWorkspace } from "./show.ts"

/** What it is called; its slug, by which it is chosen, stays. */
export const renameWorkspace =
  (database: Database) =>
  (actor: Actor, workspace_id: string, name: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "workspace.rename")
      await setName(sql, workspace_id, name)
      return readWorkspace(sql, there)
    })

const setName = (sql: Sql, workspace_id: string, name: string) =>
  sql`update iam.workspace set name = ${name} where id = ${workspace_id}::text::uuid`
