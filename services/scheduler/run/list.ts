import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { readRuns } from "./read.ts"
import type { Run } from "./shape.ts"

export type ListRuns = {
  readonly status?: string | undefined
  readonly workflow?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

export const listRuns =
  (database: Database) =>
  async (actor: Actor, wanted: ListRuns): Promise<{ items: Run[]; next_cursor: string | null }> => {
    allow(actor, "run.read")
    const { status = null, workflow = null, cursor = null, limit } = wanted
    const { workspace_id } = actor
    const filter = { workspace_id, status, workflow, before: cursor, limit: limit + 1 }
    const runs = await database.run((sql) => readRuns(sql, filter))
    const items = runs.slice(0, limit)
    return { items, next_cursor: runs.length > limit ? (items.at(-1)?.id ?? null) : null }
  }
