import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { record } from "../audit/record.ts"
import { enterToChange } from "./enter.ts"
import type { Workspace } from "./shape.ts"
import { readWorkspace } from "./show.ts"

/** What it is called; its slug, by which it is chosen, stays. */
export const renameWorkspace =
  (database: Database) =>
  (actor: Caller, workspace_id: string, name: string): Promise<Workspace> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "workspace.rename")
      const before = await readWorkspace(sql, there)
      await setName(sql, workspace_id, name)
      const subject = { kind: "workspace", id: workspace_id, name: before.slug }
      const details = { from: before.name, to: name }
      await record(sql, actor, { action: "workspace.renamed", of: { workspace_id }, subject, details })
      return { ...before, name }
    })

const setName = (sql: Sql, workspace_id: string, name: string) =>
  sql`update iam.workspace set name = ${name} where id = ${workspace_id}::text::uuid`
