import { list, type Sql } from "#kernel/database/database.ts"
import {
  advance as advancePlan,
  type Counter,
  countsAsFailure,
  type Ended,
  isBad,
  type Outcome,
  onReady,
} from "#language/decide.ts"
import type { Plan } from "#language/plan.ts"
import { lastTaskRunId, taskRunId } from "#language/run-id.ts"
import type { LockedRun } from "../run/lock.ts"
import type { Facts } from "./facts.ts"
import { taskMoves } from "./moves.ts"
import type { Settled } from "./settle.ts"

export type Advancing = {
  readonly sql: Sql
  readonly runs: ReadonlyMap<string, LockedRun>
  readonly plans: ReadonlyMap<string, Plan>
  readonly facts: Facts
}

type EndedTask = Ended & { readonly run_id: string }

type Place = { readonly run_id: string; readonly idx: number }

/** Counts down what waits for the ended tasks, releases what is free, and skips what can't run any more. */
export const advance = async (at: Advancing, settled: readonly Settled[]): Promise<void> => {
  const ended = settled.flatMap((one) => endedBy(at, one))
  const freed = await countDown(at, ended)
  const released: Place[] = []
  const skipped: Place[] = []
  for (const { run_id, idx, needs_bad } of freed) {
    const when = planOf(at, run_id)?.tasks[idx]?.when ?? "success"
    if (onReady(when, needs_bad) === "release") released.push({ run_id, idx })
    else skipped.push({ run_id, idx })
  }
  const behind = await followSkips(at, skipped)
  await release(at, [...released, ...behind.released])
  await skip(at, [...skipped, ...behind.skipped])
}

const planOf = ({ runs, plans }: Advancing, run_id: string): Plan | undefined =>
  plans.get(runs.get(run_id)?.plan_id ?? "")

const isOutcome = (status: string): status is Outcome =>
  (taskMoves.terminal as readonly string[]).includes(status)

const endedBy = (at: Advancing, { held, verdict }: Settled): EndedTask[] => {
  const run = at.runs.get(held.run_id)
  const task = planOf(at, held.run_id)?.tasks[held.idx]
  if (!run || !task || !isOutcome(verdict.status)) return []
  run.open -= 1
  if (countsAsFailure(task, verdict.status)) run.bad += 1
  return [{ run_id: held.run_id, idx: held.idx, outcome: verdict.status }]
}

type Freed = Place & { readonly needs_bad: number }

const countDown = async (at: Advancing, ended: readonly EndedTask[]): Promise<readonly Freed[]> => {
  const counts = new Map<string, { left: number; bad: number }>()
  for (const { run_id, idx, outcome } of ended) {
    const task = planOf(at, run_id)?.tasks[idx]
    for (const successor of task?.successors ?? []) {
      const id = taskRunId(run_id, successor)
      const count = counts.get(id) ?? { left: 0, bad: 0 }
      counts.set(id, { left: count.left + 1, bad: count.bad + (task && isBad(task, outcome) ? 1 : 0) })
    }
  }
  if (counts.size === 0) return []
  const ids = [...counts.keys()].sort()
  return at.sql<Freed>`
    with counted as (
      update scheduler.task_run as task
      set needs_left = task.needs_left - given.done, needs_bad = task.needs_bad + given.bad
      from unnest(
        ${list(ids)}::text::uuid[],
        ${list(ids.map((id) => counts.get(id)?.left ?? 0))}::text::int[],
        ${list(ids.map((id) => counts.get(id)?.bad ?? 0))}::text::int[]
      ) as given (id, done, bad)
      where task.id = given.id and task.status = 'pending'
      returning task.id, task.run_id, task.idx, task.needs_left, task.needs_bad
    )
    select run_id, idx, needs_bad from counted where needs_left = 0 order by id`
}

type Followed = { readonly released: readonly Place[]; readonly skipped: readonly Place[] }

/** A skip may skip what comes behind it, however deep: decided in memory over the counters of those runs. */
const followSkips = async (at: Advancing, skipped: readonly Place[]): Promise<Followed> => {
  const released: Place[] = []
  const further: Place[] = []
  for (const [run_id, places] of Map.groupBy(skipped, (place) => place.run_id)) {
    const plan = planOf(at, run_id)
    if (!plan) continue
    const stored = await readCounters(at.sql, run_id)
    const counterOf = (idx: number): Counter => stored.get(idx) ?? { needs_left: 0, needs_bad: 0 }
    const ended = places.map(({ idx }) => ({ idx, outcome: "skipped" as const }))
    const next = advancePlan(plan, ended, counterOf)
    await writeCounters(at.sql, run_id, next.counters)
    released.push(...next.release.map((idx) => ({ run_id, idx })))
    further.push(...next.skip.map((idx) => ({ run_id, idx })))
  }
  return { released, skipped: further }
}

const readCounters = async (sql: Sql, run_id: string): Promise<ReadonlyMap<number, Counter>> => {
  const rows = await sql<Counter & { idx: number }>`
    select idx, needs_left, needs_bad
    from scheduler.task_run
    where id between ${taskRunId(run_id, 0)}::text::uuid and ${lastTaskRunId(run_id)}::text::uuid
      and status = 'pending'`
  return new Map(rows.map((row) => [row.idx, row]))
}

const writeCounters = (sql: Sql, run_id: string, counters: ReadonlyMap<number, Counter>) => {
  const rows = [...counters]
  return sql`
    update scheduler.task_run as task
    set needs_left = given.needs_left, needs_bad = given.needs_bad
    from unnest(
      ${list(rows.map(([idx]) => taskRunId(run_id, idx)))}::text::uuid[],
      ${list(rows.map(([, counter]) => counter.needs_left))}::text::int[],
      ${list(rows.map(([, counter]) => counter.needs_bad))}::text::int[]
    ) as given (id, needs_left, needs_bad)
    where task.id = given.id and task.status = 'pending'`
}

const idsOf = (places: readonly Place[]): string =>
  list(places.map(({ run_id, idx }) => taskRunId(run_id, idx)).sort())

const release = async (at: Advancing, released: readonly Place[]): Promise<void> => {
  if (released.length === 0) return
  const rows = await at.sql<{ task_run_id: string; queue: string }>`
    with moved as (
      update scheduler.task_run set status = 'queued', queued_at = now()
      where id = any(${idsOf(released)}::text::uuid[]) and status = 'pending'
      returning id, run_id, workspace_id, queue, priority
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from moved order by id
    returning task_run_id, queue`
  at.facts.ready.push(...rows)
}

const skip = async (at: Advancing, skipped: readonly Place[]): Promise<void> => {
  if (skipped.length === 0) return
  await at.sql`
    update scheduler.task_run set status = 'skipped', reason = 'needs', finished_at = now()
    where id = any(${idsOf(skipped)}::text::uuid[]) and status = 'pending'`
  for (const { run_id, idx } of skipped) {
    const run = at.runs.get(run_id)
    const task = planOf(at, run_id)?.tasks[idx]
    if (!run || !task) continue
    run.open -= 1
    at.facts.skipped({ id: taskRunId(run_id, idx), task: task.name }, run)
  }
}
