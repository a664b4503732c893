import { list, type Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { type HeldAttempt, takeBack } from "./held.ts"

const max_sessions = 100
const max_claims = 100

/** How long a gap between sweeps means that everything was down, and how long nobody is reaped after it. */
const outage_s = 5
const grace_s = 15

/** What a sweep finds and ends, each in a transaction of its own. */
export type Sweep = {
  /** Notes that somebody sweeps; false while nobody is to be reaped. */
  note(): Promise<boolean>
  endExpired(): Promise<readonly { readonly id: string; readonly name: string }[]>
  lostAttempts(): Promise<readonly HeldAttempt[]>
}

/** Ends sessions that were not heard of, and gives what they held to others. Any instance may run it. */
export const sweepSessions = (engine: Engine): (() => Promise<boolean>) =>
  sweepWith(engine, {
    note: () => engine.hot.run(noteSweep),
    endExpired: () => engine.hot.run(endExpired),
    lostAttempts: () => engine.hot.run(lostAttempts),
  })

export const sweepWith = (engine: Engine, sweep: Sweep) => async (): Promise<boolean> => {
  if (!(await sweep.note())) return false
  const ended = await sweep.endExpired()
  for (const { id, name } of ended) engine.log.warn({ event: "session.expired", session_id: id, name })
  const lost = await sweep.lostAttempts()
  await takeBack(engine, lost, "lost")
  return lost.length > 0
}

const noteSweep = async (sql: Sql): Promise<boolean> => {
  const [row] = await sql<{ may_reap: boolean }>`
    update scheduler.sweep
    set reap_after = case
        when now() - last_at > ${outage_s}::int * interval '1 second' then now() + ${grace_s}::int * interval '1 second'
        else reap_after
      end,
      last_at = now()
    returning reap_after <= now() as may_reap`
  return row?.may_reap ?? false
}

const endExpired = (sql: Sql) =>
  sql<{ id: string; name: string }>`
    update scheduler.session set ended = true
    where id = any(array(
      select id from scheduler.session
      where not ended and lease_until < now()
      order by id
      limit ${max_sessions}::int
      for update skip locked
    ))
    returning id, name`

/** Nothing is locked here: of two sweeps, the second finds it done. */
const lostAttempts = async (sql: Sql): Promise<readonly HeldAttempt[]> => {
  const claims = await sql<{ token: string }>`
    select claim.token::text as token
    from scheduler.claim as claim
    join scheduler.session as session on session.id = claim.session_id
    where session.ended
    order by claim.token
    limit ${max_claims}::int`
  const tokens = list(claims.map((claim) => claim.token))
  const attempts = await sql<HeldAttempt>`
    select task.id as task_run_id, task.token::text as token
    from scheduler.claim as claim
    join scheduler.task_run as task on task.id = any(claim.ids) and task.token = claim.token
    where claim.token = any(${tokens}::text::bigint[]) and task.status = 'running'`
  const busy = list(attempts.map((attempt) => attempt.token))
  await sql`
    delete from scheduler.claim
    where token = any(${tokens}::text::bigint[]) and not token = any(${busy}::text::bigint[])`
  return attempts
}
