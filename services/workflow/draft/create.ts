import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Draft } from "./shape.ts"

export type Drafting = { readonly database: Database; readonly kit: Kit }

/** A workflow without tasks, to be put together one by one. */
export const createDraft =
  ({ database, kit }: Drafting) =>
  async (actor: Actor, { name }: Pick<Draft, "name">): Promise<Draft> => {
    allow(actor, "run.start")
    const id = kit.id()
    const { workspace_id, user_id } = actor
    const [row] = await database.run(
      (sql) => sql<{ created_at: Date }>`
        insert into workflow.draft (id, workspace_id, name, created_by)
        values (${id}::text::uuid, ${workspace_id}::text::uuid, ${name}, ${user_id}::text::uuid)
        returning created_at`,
    )
    if (!row) throw new Error("an insert returned no row")
    const none = { run_id: null, started_at: null, completed_at: null, tasks: [] }
    return { id, name, status: "draft", created_at: row.created_at.toISOString(), ...none }
  }
