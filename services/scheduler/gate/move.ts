import { list, type Sql } from "#kernel/database/database.ts"
import { isRunId } from "#language/run-id.ts"
import type { GateChange } from "../step/rows.ts"

/** Each kind of change in one statement, all sent together. */
export const moveGates = async (sql: Sql, changes: readonly GateChange[]): Promise<void> => {
  const admitted = changes.flatMap((change) => change.admitted.map(({ id }) => id))
  const leaving = changes.flatMap((change) => change.leaving)
  const holding = changes.flatMap(({ workspace_id, key, ...change }) =>
    [...change.admitted.map(({ id }) => id), ...change.holding].map((id) => ({ workspace_id, key, id })),
  )
  const waiting = changes.flatMap(({ workspace_id, key, ...change }) =>
    change.waiting.map((id) => ({ workspace_id, key, id })),
  )
  await Promise.all([
    removeHolders(sql, leaving),
    removeBlocked(sql, [...leaving, ...admitted]),
    insertHolders(sql, holding),
    insertReady(
      sql,
      admitted.filter((id) => !isRunId(id)),
    ),
    insertBlocked(sql, waiting),
    setGates(sql, changes),
  ])
}

type Placed = { readonly workspace_id: string; readonly key: string; readonly id: string }

const removeHolders = async (sql: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`delete from scheduler.holder where id = any(${list(ids)}::text::uuid[])`
}

const removeBlocked = async (sql: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`delete from scheduler.blocked where task_run_id = any(${list(ids)}::text::uuid[])`
}

const insertHolders = async (sql: Sql, placed: readonly Placed[]): Promise<void> => {
  if (placed.length === 0) return
  await sql`
    insert into scheduler.holder (id, workspace_id, gate_key)
    select * from unnest(
      ${list(placed.map(({ id }) => id))}::text::uuid[],
      ${list(placed.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(placed.map(({ key }) => key))}::text::text[]
    )`
}

/** As old as they are. Nobody is waited for here: one that is being cancelled just now leaves its gate after this. */
const insertReady = async (sql: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`
    insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
    select job.id, job.workspace_id, job.queue, job.slot,
      floor(extract(epoch from job.queued_at) * 1000)::bigint - 60000 * job.priority
    from unnest(${list(ids)}::text::uuid[]) with ordinality as given (id, place)
    join scheduler.task_run as job on job.id = given.id
    where job.status = 'queued'
    order by given.place`
}

/** A run waits under its own id. */
const insertBlocked = async (sql: Sql, placed: readonly Placed[]): Promise<void> => {
  if (placed.length === 0) return
  await sql`
    insert into scheduler.blocked (task_run_id, run_id, workspace_id, gate_key)
    select id, run_id, workspace_id, key
    from unnest(
      ${list(placed.map(({ id }) => id))}::text::uuid[],
      ${list(placed.map(({ id }) => (isRunId(id) ? id : null)))}::text::uuid[],
      ${list(placed.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(placed.map(({ key }) => key))}::text::text[]
    ) with ordinality as given (id, run_id, workspace_id, key, place)
    order by place`
}

const setGates = async (sql: Sql, changes: readonly GateChange[]): Promise<void> => {
  await sql`
    with given as (
      select * from unnest(
        ${list(changes.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(changes.map(({ key }) => key))}::text::text[],
        ${list(changes.map(({ in_use }) => in_use))}::text::int[]
      ) as given (workspace_id, key, in_use)
    ), gone as (
      delete from scheduler.gate using given
      where gate.workspace_id = given.workspace_id and gate.key = given.key and given.in_use = 0
    )
    update scheduler.gate set in_use = given.in_use
    from given
    where gate.workspace_id = given.workspace_id and gate.key = given.key and given.in_use > 0`
}
