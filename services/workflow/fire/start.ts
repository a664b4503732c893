import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { ExpressionError, interpolate } from "#language/expressions.ts"
import type { Started } from "../run/hand-over.ts"
import { createStarter } from "../run/starter.ts"
import { type Firing, iso, isoOrNull } from "./clock.ts"
import { fireMoves } from "./moves.ts"

const max_starts = 200
/** Whoever has one in hand is given this long before another instance tries it, too. */
const hand_ms = 30_000
const retry_ms = 5_000
/** Well below the time for which the scheduler remembers keys. */
const forgotten_ms = 12 * 3_600_000

/** Hands over what was decided to be started, until the scheduler has it. True when there is more. */
export const startFires = (firing: Firing) => {
  const start = createStarter(firing)
  const { database, scheduler, log, readNow } = firing

  const handOver = async (fire: Starting): Promise<Outcome> => {
    try {
      const inputs = inputsOf(fire)
      return { fire, started: await start(requestOf(fire, inputs)) }
    } catch (error) {
      if (error instanceof ExpressionError) {
        return { fire, problem: new Problem("inputs.invalid", { detail: error.message }) }
      }
      if (error instanceof Problem && error.status < 500) return { fire, problem: error }
      log.warn({ event: "fire.not_started", schedule_id: fire.schedule_id, fire_at: fire.fire_at, error })
      return { fire }
    }
  }

  return async (): Promise<boolean> => {
    const taken = await database.tx(async (sql) => takeStarting(sql, await readNow(sql)))
    if (taken.length === 0) return false
    const now = await database.run(readNow)
    const old = taken.filter(({ decided_at }) => now - decided_at.getTime() > forgotten_ms)
    const there = new Set(old.length === 0 ? [] : await knownRuns(scheduler, old))
    const outcomes = await Promise.all(
      taken.map(async (fire): Promise<Outcome> => {
        if (there.has(fire.run_id)) return { fire, started: { run_id: fire.run_id, run_json: "" } }
        return handOver(fire)
      }),
    )
    await database.run((sql) => saveOutcomes(sql, outcomes, now))
    return taken.length === max_starts
  }
}

type Starting = {
  readonly schedule_id: string
  readonly schedule: string
  readonly fire_at: Date
  readonly kind: string
  readonly run_id: string
  readonly decided_at: Date
  readonly workspace_id: string
  readonly workflow: string
  readonly inputs: Readonly<Record<string, unknown>>
}

/** Without a start and without a problem it is tried again. */
type Outcome = { readonly fire: Starting; readonly started?: Started; readonly problem?: Problem }

const requestOf = (fire: Starting, inputs: unknown) => ({
  ...{ workspace_id: fire.workspace_id, workflow: fire.workflow, version: undefined, inputs },
  idempotency_key: `schedule ${fire.schedule_id} ${fire.fire_at.toISOString()}`,
  traceparent: undefined,
  rerun: undefined,
  automatic: {
    trigger: fire.kind === "backfill" ? "backfill" : "schedule",
    run_id: fire.run_id,
    at: fire.fire_at,
  },
})

/** Everything in them is as of the time that was due, however late it is now. */
const inputsOf = ({ schedule, fire_at, inputs }: Starting): unknown => {
  const now = fire_at.toISOString()
  return interpolate(inputs, { now, trigger: { type: "schedule", name: schedule, scheduled_at: now } })
}

const takeStarting = (sql: Sql, now: number) =>
  sql<Starting>`
    update workflow.fire
    set look_at = ${iso(now + hand_ms)}::text::timestamptz
    from workflow.schedule join workflow.workflow on workflow.id = schedule.workflow_id
    where schedule.id = schedule_id and (schedule_id, fire_at) in (
        select schedule_id, fire_at from workflow.fire
        where look_at <= ${iso(now)}::text::timestamptz
          and status = any(${list(fireMoves.from("accept"))}::text::text[])
        order by look_at
        limit ${max_starts}::int
        for update skip locked
      )
    returning schedule_id, schedule.name as schedule, fire_at, kind, run_id, decided_at, schedule.workspace_id,
      workflow.name as workflow, inputs`

/** After so long a key may have been forgotten; the run's id never is, while there is the run. */
const knownRuns = async (
  scheduler: Firing["scheduler"],
  fires: readonly Starting[],
): Promise<readonly string[]> => {
  const { known } = await scheduler.openRuns({ runIds: fires.map(({ run_id }) => run_id) })
  return known
}

/** That another run holds the workflow's own key is no fault of the schedule. */
const statusOf = ({ started, problem }: Outcome) => {
  if (started) return "started"
  if (!problem) return "starting"
  return problem.code === "concurrency.full" ? "skipped" : "failed"
}

const saveOutcomes = (sql: Sql, outcomes: readonly Outcome[], now: number) =>
  sql`
    update workflow.fire
    set status = given.status, reason = given.reason, look_at = given.look_at, run_id = given.run_id,
      active = active and given.run_id is not null
    from unnest(
      ${list(outcomes.map(({ fire }) => fire.schedule_id))}::text::uuid[],
      ${list(outcomes.map(({ fire }) => fire.fire_at.toISOString()))}::text::timestamptz[],
      ${list(outcomes.map(statusOf))}::text::text[],
      ${list(outcomes.map(({ problem }) => (problem ? `${problem.code}: ${problem.message}` : null)))}::text::text[],
      ${list(outcomes.map((one) => isoOrNull(statusOf(one) === "starting" ? now + retry_ms : null)))}::text::timestamptz[],
      ${list(outcomes.map(({ fire, started, problem }) => (problem ? null : (started?.run_id ?? fire.run_id))))}::text::uuid[]
    ) as given (schedule_id, fire_at, status, reason, look_at, run_id)
    where fire.schedule_id = given.schedule_id and fire.fire_at = given.fire_at
      and fire.status = any(${list(fireMoves.from("accept"))}::text::text[])`
