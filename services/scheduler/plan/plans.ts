import type { Sql } from "#kernel/database/database.ts"
import { list } from "#kernel/database/database.ts"
import type { Plan } from "#language/plan.ts"

/** Compiled plans by their content address; they never change, so they are kept in memory. */
export type Plans = {
  /** Loads those that aren't in memory, all at once. */
  load(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, Plan>>
  keep(id: string, plan: Plan): void
}

const max_plans = 500

export const createPlans = (): Plans => {
  const kept = new Map<string, Plan>()
  const keep = (id: string, plan: Plan) => {
    kept.delete(id)
    const oldest = kept.keys().next()
    if (kept.size >= max_plans && !oldest.done) kept.delete(oldest.value)
    kept.set(id, plan)
  }
  return {
    keep,
    async load(sql, ids) {
      const missing = [...new Set(ids)].filter((id) => !kept.has(id))
      const found = missing.length === 0 ? [] : await findPlans(sql, missing)
      const loaded = new Map<string, Plan>()
      for (const id of ids) {
        const plan = kept.get(id)
        if (!plan) continue
        // Used last, dropped last.
        keep(id, plan)
        loaded.set(id, plan)
      }
      for (const { id, plan } of found) {
        keep(id, plan)
        loaded.set(id, plan)
      }
      return loaded
    },
  }
}

const findPlans = (sql: Sql, ids: readonly string[]) =>
  sql<{ id: string; plan: Plan }>`
    select id, plan from scheduler.plan where id = any(${list(ids)}::text::text[])`
