import { json, list, type Sql } from "#kernel/database/database.ts"
import { readsTrigger } from "#language/trigger-reads.ts"
import { runConcurrency } from "./concurrency.ts"
import type { Begun, Happened, Prepared } from "./start.ts"

export type Trigger = { readonly run_id: string; readonly happened: Happened }

export const readTriggers = (sql: Sql, run_ids: readonly string[]) =>
  sql<Trigger>`
    select run_id, happened from scheduler.run_trigger where run_id = any(${list(run_ids)}::text::uuid[])`

/** Of runs whose plans read it, which are few. */
export const insertTriggers = async (sql: Sql, begun: readonly Begun[]): Promise<void> => {
  const told = begun.flatMap(({ run: { id, happened } }) => (happened ? [{ id, happened }] : []))
  if (told.length === 0) return
  await sql`
    insert into scheduler.run_trigger (run_id, happened)
    select run_id, happened::json
    from unnest(
      ${list(told.map(({ id }) => id))}::text::uuid[],
      ${list(told.map(({ happened }) => json(happened)))}::text::text[]
    ) as given (run_id, happened)`
}

/** A rerun reads what the earlier run read, and that it is a rerun. */
export const withEarlier = async (sql: Sql, starts: readonly Prepared[]): Promise<readonly Prepared[]> => {
  const again = starts.flatMap(({ plan, rerun }) => (rerun && readsTrigger(plan) ? [rerun.of] : []))
  if (again.length === 0) return starts
  const earlier = new Map((await readTriggers(sql, again)).map(({ run_id, happened }) => [run_id, happened]))
  return starts.map((start) => {
    const happened = earlier.get(start.rerun?.of ?? "")
    if (!happened) return start
    const again = { ...start, happened: { ...happened, type: start.trigger } }
    return { ...again, concurrency: runConcurrency(again) }
  })
}
