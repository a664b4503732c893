import { json, list, type Sql } from "#kernel/database/database.ts"
import type { Ended, Step } from "./step.ts"

/**
 * What every report changes of attempts, in one statement: what completed, what was handed over, and claims, each of
 * whose rows goes with the last of its attempts: locked first, since another report may count down the same one. The
 * guards by token and state are what makes a late result harmless, whatever was decided about it.
 */
export const saveAttempts = async (sql: Sql, { decided, holder }: Step): Promise<void> => {
  const { ended, claimed, handed } = decided
  if (ended.length === 0 && claimed.length === 0) return
  const done = ended.filter(({ task }) => task.status === "completed")
  const closed = closedClaims(ended)
  await sql`
    with completed as (
      update scheduler.task_run as task
      set status = 'completed', outputs = given.outputs::json, usage = given.usage::json,
        log_chunks = given.log_chunks, finished_at = now()
      from unnest(
        ${list(done.map(({ task }) => task.id))}::text::uuid[], ${list(done.map(({ token }) => token))}::text::bigint[],
        ${list(done.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null)))}::text::text[],
        ${list(done.map(({ settlement }) => (settlement.usage ? json(settlement.usage) : null)))}::text::text[],
        ${list(done.map(({ settlement }) => settlement.log_chunks ?? 0))}::text::int[]
      ) as given (id, token, outputs, usage, log_chunks)
      where task.id = given.id and task.token = given.token and task.status = 'running'
    ), handed as (
      update scheduler.task_run
      set status = 'running', needs_left = 0, attempt = attempt + 1, token = coalesce(${holder?.token ?? null}::text::bigint, currval('scheduler.token')),
        worker_id = ${holder?.session_id ?? null}, queued_at = now(), started_at = now(), finished_at = null,
        error = null, reason = null, run_at = null
      where id = any(${list(handed.map(({ id }) => id))}::text::uuid[]) and status in ('pending', 'queued')
    ), claimed as (
      insert into scheduler.claim (token, session_id, ids, open)
      select coalesce(${holder?.token ?? null}::text::bigint, currval('scheduler.token')), ${holder?.session_id ?? null}::text::uuid, ids, cardinality(ids)
      from (values (${list(claimed.map(({ id }) => id))}::text::uuid[])) as given (ids) where ids <> '{}'
    ), closed as materialized (
      select claim.token, claim.open - given.done as left_open
      from unnest(${list(closed.tokens)}::text::bigint[], ${list(closed.counts)}::text::int[]) as given (token, done)
      join scheduler.claim as claim on claim.token = given.token
      order by claim.token
      for update of claim
    ), gone as (
      delete from scheduler.claim as claim using closed
      where claim.token = closed.token and closed.left_open <= 0
    )
    update scheduler.claim as claim set open = closed.left_open
    from closed where claim.token = closed.token and closed.left_open > 0`
}

const closedClaims = (ended: readonly Ended[]) => {
  const counts = new Map<string, number>()
  for (const { token } of ended) counts.set(token, (counts.get(token) ?? 0) + 1)
  const tokens = [...counts.keys()].sort()
  return { tokens, counts: tokens.map((token) => counts.get(token) ?? 0) }
}
