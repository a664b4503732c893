import { list, type Sql } from "#kernel/database/database.ts"
import { tellFacts } from "../event/record.ts"
import type { Office } from "../office.ts"
import { uniqueFacts, type WatchRow } from "./watch.ts"

const max_at_once = 200
/** The end of a run that has ended says itself how long it took; one that never comes is forgotten. */
const patience_h = 24

/** Tells of runs that still run, though they should have ended. Answers whether there may be more. */
export const fireWatches = (office: Office) => {
  const tell = tellFacts(office)
  return async (): Promise<boolean> => {
    const due = await office.database.run(readDue)
    if (due.length === 0) return false
    const open = new Set(await office.openRuns([...new Set(due.map(({ run_id }) => run_id))]))
    const late = due.filter(({ run_id }) => open.has(run_id))
    await tell(uniqueFacts(late))
    await office.database.run((sql) => settle(sql, late))
    return late.length > 0 && due.length === max_at_once
  }
}

const readDue = (sql: Sql) =>
  sql<WatchRow>`
    select subscription_id, run_id, watch.workspace_id, workflow, due_at, longer_than_ms
    from notification.watch join notification.subscription on subscription.id = subscription_id
    where due_at <= now() and longer_than_ms is not null
    order by due_at
    limit ${max_at_once}::int`

/** Of the others the end is on its way. They are looked at again later, behind those that are due by then. */
const settle = async (sql: Sql, told: readonly WatchRow[]): Promise<void> => {
  await sql`
    with told as (
      delete from notification.watch
      using unnest(${list(told.map(({ run_id }) => run_id))}::text::uuid[],
        ${list(told.map(({ subscription_id }) => subscription_id))}::text::uuid[]) as t (run_id, subscription_id)
      where watch.run_id = t.run_id and watch.subscription_id = t.subscription_id
    )
    delete from notification.watch where due_at < now() - ${patience_h}::int * interval '1 hour'`
}
