import type { Sql } from "#kernel/database/database.ts"
import { defaults } from "#language/plan.ts"
import { countQueues, none } from "./count.ts"
import type { Queue } from "./shape.ts"

type Row = {
  readonly name: string
  readonly paused: boolean
  readonly concurrency: number | null
  readonly rate_limit: number | null
  readonly rate_ms: number | null
}

export const rate_ms = { second: 1_000, minute: 60_000 } as const

const nothingSet = (name: string): Row => ({
  ...{ name, paused: false, concurrency: null, rate_limit: null, rate_ms: null },
})

const settingsOf = ({ paused, concurrency, rate_limit, rate_ms: every_ms }: Row) => ({
  paused,
  concurrency,
  rate_limit:
    rate_limit === null
      ? null
      : { limit: rate_limit, per: every_ms === rate_ms.minute ? ("minute" as const) : ("second" as const) },
})

const readSettings = (sql: Sql, workspace_id: string, name: string | null) =>
  sql<Row>`
    select name, paused, concurrency, rate_limit, rate_ms
    from scheduler.queue
    where workspace_id = ${workspace_id}::text::uuid and (${name}::text is null or name = ${name}::text)`

/** All that something was set for or that has something, by name; the usual one is always there. */
export const summarizeQueues = async (sql: Sql, workspace_id: string): Promise<readonly Queue[]> => {
  const settings = new Map((await readSettings(sql, workspace_id, null)).map((row) => [row.name, row]))
  const counts = await countQueues(sql, workspace_id, null)
  const names = new Set([defaults.queue, ...settings.keys(), ...counts.keys()])
  return [...names].sort().map((name) => ({
    name,
    ...settingsOf(settings.get(name) ?? nothingSet(name)),
    ...(counts.get(name) ?? none()),
  }))
}

/** A queue is there as soon as somebody names it. */
export const summarizeQueue = async (sql: Sql, workspace_id: string, name: string): Promise<Queue> => {
  const [row = nothingSet(name)] = await readSettings(sql, workspace_id, name)
  const counts = await countQueues(sql, workspace_id, name)
  return { name, ...settingsOf(row), ...(counts.get(name) ?? none()) }
}
