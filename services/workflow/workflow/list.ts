import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { readWorkflows } from "./read.ts"
import type { Workflow } from "./shape.ts"

export const listWorkflows =
  (database: Database) =>
  async (
    actor: Actor,
    { limit, cursor, archived = false }: Page & { readonly archived?: boolean },
  ): Promise<PageOf<Workflow>> => {
    allow(actor, "workflow.read")
    const filter = { workspace_id: actor.workspace_id, archived, after: cursor ?? null, limit: limit + 1 }
    const rows = await database.run((sql) => readWorkflows(sql, filter))
    return pageOf(rows, limit, ({ name }) => name)
  }
