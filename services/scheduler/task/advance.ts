import { list, type Sql } from "#kernel/database/database.ts"
import { whenNeedsAreDone } from "#language/decide.ts"
import type { Plan } from "#language/plan.ts"
import { taskRunId } from "../run/ids.ts"
import type { LockedRun } from "../run/lock.ts"
import type { Facts } from "./facts.ts"
import type { Settled } from "./settle.ts"
import { taskMoves } from "./moves.ts"

export type Advancing = {
  readonly sql: Sql
  readonly runs: ReadonlyMap<string, LockedRun>
  readonly plans: ReadonlyMap<string, Plan>
  readonly facts: Facts
}

/** A task that has ended, as its successors see it. */
type Ended = { readonly run_id: string; readonly idx: number; readonly good: boolean }

type Freed = {
  readonly id: string
  readonly run_id: string
  readonly idx: number
  readonly task: string
  readonly needs_bad: number
}

/** Counts down what waits for the ended tasks, releases what is free, and skips what can't run any more. */
export const advance = async (at: Advancing, settled: readonly Settled[]): Promise<void> => {
  let ended = settled.flatMap((one) => endedBy(at, one))
  while (ended.length > 0) {
    const freed = await countDown(at, ended)
    const released: Freed[] = []
    const skipped: Freed[] = []
    for (const row of freed) {
      const when = planOf(at, row.run_id)?.tasks[row.idx]?.when ?? "success"
      if (whenNeedsAreDone(when, row.needs_bad) === "release") released.push(row)
      else skipped.push(row)
    }
    await release(at, released)
    await skip(at, skipped)
    // What is skipped has ended too: its own successors are next.
    ended = skipped.map(({ run_id, idx }) => ({ run_id, idx, good: false }))
  }
}

const planOf = ({ runs, plans }: Advancing, run_id: string): Plan | undefined => plans.get(runs.get(run_id)?.plan_id ?? "")

const endedBy = (at: Advancing, { held, verdict }: Settled): Ended[] => {
  const run = at.runs.get(held.run_id)
  if (!run || !taskMoves.terminal.includes(verdict.status)) return []
  const handled = planOf(at, held.run_id)?.tasks[held.idx]?.continue_on_error ?? false
  const good = verdict.status === "completed" || (verdict.status === "failed" && handled)
  run.open -= 1
  if (verdict.status === "failed" && !handled) run.bad += 1
  return [{ run_id: held.run_id, idx: held.idx, good }]
}

const countDown = async (at: Advancing, ended: readonly Ended[]): Promise<readonly Freed[]> => {
  const counts = new Map<string, { left: number; bad: number }>()
  for (const { run_id, idx, good } of ended) {
    for (const successor of planOf(at, run_id)?.tasks[idx]?.successors ?? []) {
      const id = taskRunId(run_id, successor)
      const count = counts.get(id) ?? { left: 0, bad: 0 }
      counts.set(id, { left: count.left + 1, bad: count.bad + (good ? 0 : 1) })
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
      returning task.id, task.run_id, task.idx, task.task, task.needs_left, task.needs_bad
    )
    select id, run_id, idx, task, needs_bad from counted where needs_left = 0 order by id`
}

const release = async (at: Advancing, released: readonly Freed[]): Promise<void> => {
  if (released.length === 0) return
  const rows = await at.sql<{ task_run_id: string; queue: string }>`
    with moved as (
      update scheduler.task_run set status = 'queued', queued_at = now()
      where id = any(${list(released.map((row) => row.id))}::text::uuid[]) and status = 'pending'
      returning id, run_id, workspace_id, queue, priority
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from moved order by id
    returning task_run_id, queue`
  at.facts.ready.push(...rows)
}

const skip = async (at: Advancing, skipped: readonly Freed[]): Promise<void> => {
  if (skipped.length === 0) return
  await at.sql`
    update scheduler.task_run set status = 'skipped', reason = 'needs', finished_at = now()
    where id = any(${list(skipped.map((row) => row.id))}::text::uuid[]) and status = 'pending'`
  for (const row of skipped) {
    const run = at.runs.get(row.run_id)
    if (!run) continue
    run.open -= 1
    at.facts.skipped(row, run)
  }
}
