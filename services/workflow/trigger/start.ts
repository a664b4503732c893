import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Trigger } from "#language/schedule.ts"
import { type Firing, iso } from "../fire/clock.ts"
import { createStarter } from "../run/starter.ts"
import { type Last, noteLast } from "./last.ts"
import { mapTrigger } from "./map.ts"

const max_starts = 200
/** Whoever has one in hand is given this long before another instance tries it, too. */
const hand_ms = 30_000
const retry_ms = 5_000
/** Well below the time for which the scheduler remembers keys: after it the run's own id is asked for. */
const forgotten_ms = 12 * 3_600_000

type Waiting = {
  readonly trigger_id: string
  readonly event_id: string
  readonly name: string
  readonly settings: Trigger
  readonly ended: { readonly finished_at: string }
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly created_at: Date
}

/** Without what became of it, it is tried again. */
type Outcome = { readonly waiting: Waiting; readonly last?: Omit<Last, "trigger_id"> }

/** Hands over the runs that ends of others begin, until the scheduler has them. True when there is more. */
export const startTriggered = (firing: Firing): (() => Promise<boolean>) => {
  const { database, scheduler, log, readNow } = firing
  const start = createStarter(firing)

  const begin = async (waiting: Waiting): Promise<Outcome> => {
    const { trigger_id, event_id } = waiting
    try {
      const wanted = requestOf(waiting)
      if ("skipped" in wanted) return skipped(waiting, wanted.skipped)
      const { run_id } = await start(wanted)
      return { waiting, last: { status: "started", reason: null, run_id } }
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) {
        log.warn({ event: "trigger.not_started", trigger_id, event_id, error })
        return { waiting }
      }
      if (error.code === "concurrency.full") return skipped(waiting, error.message)
      return {
        waiting,
        last: { status: "failed", reason: `${error.code}: ${error.message}`, run_id: null },
      }
    }
  }

  return async () => {
    const now = await database.run(readNow)
    const taken = await database.tx((sql) => takeWaiting(sql, now))
    if (taken.length === 0) return false
    const old = taken.filter(({ created_at }) => now - created_at.getTime() > forgotten_ms)
    const there = old.length === 0 ? [] : await knownRuns(scheduler, old)
    const outcomes = await Promise.all(
      taken.map((waiting): Promise<Outcome> | Outcome => {
        const { run_id } = waiting
        if (there.includes(run_id)) return { waiting, last: { status: "started", reason: null, run_id } }
        return begin(waiting)
      }),
    )
    await database.tx((sql) => saveOutcomes(sql, outcomes, now))
    return taken.length === max_starts
  }
}

const knownRuns = async (scheduler: Firing["scheduler"], old: readonly Waiting[]) => {
  const { known } = await scheduler.openRuns({ runIds: old.map(({ run_id }) => run_id) })
  return known
}

const skipped = (waiting: Waiting, reason: string): Outcome => ({
  waiting,
  last: { status: "skipped", reason, run_id: null },
})

/** Everything in its inputs is as of the time at which the other run ended. */
const requestOf = (waiting: Waiting) => {
  const { trigger_id, event_id, name, settings, ended, run_id, workspace_id, workflow } = waiting
  const at = ended.finished_at
  const mapped = mapTrigger(settings, { type: "workflow", name, at, run: ended }, at)
  if ("skipped" in mapped) return mapped
  return {
    ...{ workspace_id, workflow, version: undefined, inputs: mapped.inputs },
    idempotency_key: `trigger ${trigger_id} ${event_id}`,
    ...{ traceparent: undefined, rerun: undefined },
    automatic: { trigger: "workflow", run_id, at: new Date(at) },
  }
}

const takeWaiting = (sql: Sql, now: number) =>
  sql<Waiting>`
    update workflow.triggered
    set look_at = ${iso(now + hand_ms)}::text::timestamptz
    from workflow.trigger join workflow.workflow on workflow.id = trigger.workflow_id
    where trigger.id = trigger_id and (trigger_id, event_id) in (
        select trigger_id, event_id from workflow.triggered
        where look_at <= ${iso(now)}::text::timestamptz
        order by look_at
        limit ${max_starts}::int
        for update skip locked
      )
    returning trigger_id, event_id, trigger.name, settings, ended, run_id, trigger.workspace_id,
      workflow.name as workflow, triggered.created_at`

const saveOutcomes = async (sql: Sql, outcomes: readonly Outcome[], now: number): Promise<void> => {
  await sql`
    update workflow.triggered
    set status = coalesce(given.status, triggered.status),
      look_at = case when given.status is null then ${iso(now + retry_ms)}::text::timestamptz end
    from unnest(
      ${list(outcomes.map(({ waiting }) => waiting.trigger_id))}::text::uuid[],
      ${list(outcomes.map(({ waiting }) => waiting.event_id))}::text::uuid[],
      ${list(outcomes.map(({ last }) => last?.status ?? null))}::text::text[]
    ) as given (trigger_id, event_id, status)
    where triggered.trigger_id = given.trigger_id and triggered.event_id = given.event_id`
  await noteLast(
    sql,
    outcomes.flatMap(({ waiting: { trigger_id }, last }) => (last ? [{ trigger_id, ...last }] : [])),
  )
}
