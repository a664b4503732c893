import { list, type Sql } from "#kernel/database/database.ts"
import type { Limit } from "../step/rows.ts"

type Work = { readonly workspace_id: string; readonly queue: string }

/**
 * The count is a statement of its own: one that also waited for the lock, or met it just as it was given back, would
 * not see what its last holder has begun.
 */
export const lockLimits = async (sql: Sql, queues: readonly Work[]): Promise<readonly Limit[]> => {
  const locked = await lockQueues(sql, queues)
  return locked.length === 0 ? [] : countLimits(sql, locked)
}

/** Of those that aren't paused; one that another claim works on just now is left out. */
const lockQueues = (sql: Sql, queues: readonly Work[]) =>
  sql<Work>`
    select setting.workspace_id, setting.name as queue
    from unnest(
      ${list(queues.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(queues.map(({ queue }) => queue))}::text::text[]
    ) as given (workspace_id, name)
    join scheduler.queue as setting
      on setting.workspace_id = given.workspace_id and setting.name = given.name
    where not setting.paused
    order by setting.workspace_id, setting.name
    for update of setting skip locked`

/**
 * How much more these queues may begin now. What runs in them is counted rather than kept count of, so it can't drift;
 * the lock on what was set makes sure that only one claim at a time goes by the count. A rate is spread evenly; what is
 * missed in 20 ms may be made up for, since nobody can wake more often.
 */
const countLimits = (sql: Sql, queues: readonly Work[]) =>
  sql<Limit>`
    with locked as materialized (
      select setting.workspace_id, setting.name, setting.concurrency, setting.rate_limit,
        rate_ms::float8 / rate_limit as interval_ms,
        extract(epoch from now() - greatest(rate_at, now() - interval '20 milliseconds')) * 1000 as since_ms
      from unnest(
        ${list(queues.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(queues.map(({ queue }) => queue))}::text::text[]
      ) as given (workspace_id, name)
      join scheduler.queue as setting
        on setting.workspace_id = given.workspace_id and setting.name = given.name
    )
    select locked.workspace_id, locked.name as queue,
      least(
        locked.concurrency - (
          select count(*)
          from scheduler.claim
          cross join lateral unnest(claim.ids) as claimed (id)
          join scheduler.task_run as task on task.id = claimed.id and task.token = claim.token
          where locked.concurrency is not null and task.status = 'running'
            and task.workspace_id = locked.workspace_id and task.queue = locked.name
        ),
        case when since_ms >= 0 then 1 + floor(since_ms / interval_ms) else 0 end,
        1000000
      )::int as allowed,
      coalesce(greatest(-since_ms, 0), 0)::int as wait_ms
    from locked`

/** What has begun moves the time of the next beginning on. */
export const chargeLimits = async (sql: Sql, begun: readonly Work[]): Promise<void> => {
  if (begun.length === 0) return
  const counts = [...Map.groupBy(begun, ({ workspace_id, queue }) => `${workspace_id} ${queue}`).values()]
  await sql`
    update scheduler.queue as setting
    set rate_at = greatest(rate_at, now() - interval '20 milliseconds')
      + given.count * rate_ms::float8 / rate_limit * interval '1 millisecond'
    from unnest(
      ${list(counts.map(([one]) => one?.workspace_id ?? null))}::text::uuid[],
      ${list(counts.map(([one]) => one?.queue ?? null))}::text::text[],
      ${list(counts.map((some) => some.length))}::text::int[]
    ) as given (workspace_id, name, count)
    where setting.workspace_id = given.workspace_id and setting.name = given.name
      and setting.rate_limit is not null`
}
