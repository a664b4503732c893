import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { endRuns } from "../run/end.ts"
import { loadRuns } from "../run/load.ts"
import { readStatuses } from "../run/read.ts"
import { type Prepared, prepareRun, startIn } from "../run/start.ts"
import { performIn } from "../step/perform.ts"
import { join, type Step } from "../step/step.ts"
import { advanceRuns } from "../task/advance.ts"
import { endWait } from "../wait/end.ts"
import type { Child } from "../wait/waits.ts"

/**
 * Begins runs that tasks wait for, in the transaction that removes the timers that asked for it and holds the tasks' runs:
 * so each begins once. A task whose run is refused fails, and one that doesn't wait for the end has completed.
 */
export const beginChildren = async (engine: Engine, sql: Sql, asked: readonly Child[]): Promise<void> => {
  if (asked.length === 0) return
  const known = await readStatuses(
    sql,
    asked.map(({ start }) => start.run_id),
  )
  const there = new Set(known.map(({ id }) => id))
  const refused = new Map<string, Problem>()
  const prepared: Prepared[] = []
  for (const child of asked) {
    const start = prepareRun(child.start)
    const refusal = endless(child, start)
    if (refusal) refused.set(start.run_id, refusal)
    else if (!there.has(start.run_id)) prepared.push(start)
  }
  for (const { plan_id, plan } of prepared) engine.plans.keep(plan_id, plan)
  await insertChildren(sql, asked)
  const { made } = await startIn(engine, sql, { prepared, seat: undefined })
  for (const { run_id, refusal } of made) if (refusal) refused.set(run_id, refusal)
  await removeChildren(sql, [...refused.keys()])
  const over = asked.filter(({ waits, start }) => !waits || refused.has(start.run_id))
  if (over.length > 0) await performIn(engine, sql, (step) => settleBegun(engine, step, { over, refused }))
}

type Settled = { readonly over: readonly Child[]; readonly refused: ReadonlyMap<string, Problem> }

/** Ends the tasks that don't wait any longer. */
export const settleBegun = async (engine: Engine, step: Step, { over, refused }: Settled): Promise<void> => {
  await loadRuns(engine, step, new Set(over.map(({ parent }) => parent.id)))
  join(step.tasks, await step.rows.tasks(over.map(({ task }) => task.id)))
  for (const child of over) {
    const task = step.tasks.get(child.task.id)
    if (task?.status !== "waiting") continue
    const { run_id } = child.start
    const refusal = refused.get(run_id)
    if (refusal) {
      const error = { code: refusal.code, message: refusal.message }
      endWait(step, task, { status: "failed", error })
    } else endWait(step, task, { status: "completed", outputs: { run_id } })
  }
  await advanceRuns(step)
  await endRuns(step)
}

/** One that needs the key that the run of its task holds alone would wait for it for ever. */
const endless = ({ parent, waits }: Child, { concurrency, workflow }: Prepared): Problem | undefined => {
  if (!waits || !concurrency || concurrency instanceof Problem) return undefined
  if (concurrency.key !== parent.gate_key || concurrency.limit > 1) return undefined
  return new Problem("concurrency.full", {
    detail: `The run of ${workflow} needs the key ${concurrency.key}, which the run that waits for it holds.`,
  })
}

const insertChildren = (sql: Sql, children: readonly Child[]) =>
  sql`
    insert into scheduler.child (run_id, task_run_id, parent_run_id, task)
    select * from unnest(
      ${list(children.map(({ start }) => start.run_id))}::text::uuid[],
      ${list(children.map(({ task }) => task.id))}::text::uuid[],
      ${list(children.map(({ parent }) => parent.id))}::text::uuid[],
      ${list(children.map(({ task }) => task.task))}::text::text[]
    )
    on conflict (run_id) do nothing`

const removeChildren = async (sql: Sql, run_ids: readonly string[]): Promise<void> => {
  if (run_ids.length === 0) return
  await sql`delete from scheduler.child where run_id = any(${list(run_ids)}::text::uuid[])`
}
