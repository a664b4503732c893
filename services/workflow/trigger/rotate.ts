import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Hooks } from "./list.ts"
import { hookOf, readHooks } from "./read.ts"
import type { Hook } from "./shape.ts"
import type { NewToken } from "./token.ts"

type Wanted = { readonly workflow: string; readonly name: string }

/** Gives a webhook another address; the one it had is unknown from then on. */
export const rotateHook =
  ({ database, tokens }: Hooks) =>
  async (actor: Caller, { workflow, name }: Wanted): Promise<Hook> => {
    allow(actor, "hook.manage")
    const { workspace_id } = actor
    const filter = { workspace_id, workflow, name, after: null, limit: 1 }
    return database.tx(async (sql) => {
      const [row] = await readHooks(sql, filter)
      if (row?.type !== "webhook") {
        throw new Problem("hook.not_found", { detail: `${workflow} has no webhook ${name}.` })
      }
      await setToken(sql, row.id, await tokens.make(row.id))
      const [rotated] = await readHooks(sql, filter)
      if (!rotated) throw new Problem("hook.not_found", { detail: `${workflow} has no webhook ${name}.` })
      const subject = { kind: "hook", id: row.id, name: `${workflow}/${name}` }
      await record(sql, actor, [{ action: "hook.rotated", subject }])
      return hookOf(tokens, rotated)
    })
  }

const setToken = (sql: Sql, id: string, { hash, box }: NewToken) =>
  sql`
    update workflow.trigger
    set token_hash = ${hash}, token_box = ${box}, updated_at = now()
    where id = ${id}::text::uuid`
