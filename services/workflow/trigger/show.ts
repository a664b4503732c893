import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readDeliveries, readTriggered } from "./delivery.ts"
import type { Hooks } from "./list.ts"
import { hookOf, readHooks } from "./read.ts"
import type { HookDetail } from "./shape.ts"

type Wanted = { readonly workflow: string; readonly name: string }

/** What begins runs, with what became of the newest of what it was told. */
export const showHook =
  ({ database, tokens }: Hooks) =>
  async (actor: Actor, { workflow, name }: Wanted): Promise<HookDetail> => {
    allow(actor, "hook.manage")
    const { workspace_id } = actor
    const filter = { workspace_id, workflow, name, after: null, limit: 1 }
    const [row] = await database.run((sql) => readHooks(sql, filter))
    if (!row) throw new Problem("hook.not_found", { detail: `${workflow} has no trigger ${name}.` })
    const read = row.type === "webhook" ? readDeliveries : readTriggered
    const deliveries = await database.run((sql) => read(sql, row.id))
    return { ...(await hookOf(tokens, row)), deliveries: [...deliveries] }
  }
