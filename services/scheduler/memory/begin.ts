import { defaults } from "#language/plan.ts"
import type { Engine } from "../engine.ts"
import { unfoldRuns } from "../run/begin.ts"
import type { Begun } from "../run/start.ts"
import { performOn } from "../step/perform.ts"
import { join, type Step } from "../step/step.ts"
import { runLock } from "./changes.ts"
import type { Session } from "./database.ts"
import { insertReady } from "./save.ts"
import { insertTimer, type StoredTask } from "./tables.ts"
import { transactionIn } from "./transaction.ts"
import { saveWaits } from "./waits.ts"

/** What `run/insert.ts` writes. */
export const insertBegun = (session: Session, step: Step, { start, run, tasks, kept }: Begun): void => {
  const rows = tasks.map((task): StoredTask => {
    const { id: reused_from = null, outputs = null } = kept.get(task.idx) ?? {}
    return { ...task, payload: null, outputs, reused_from, queued_ms: session.begun_ms, wait: null }
  })
  for (const row of rows) session.fresh.set(row.id, { ...row })
  const written = { ...run }
  session.writes.push((changes) => {
    const { tables, at_ms } = changes
    const { plan, plan_id, rerun } = start
    tables.plans.set(plan_id, plan)
    const outputs = step.decided.waits.answered[0]?.outputs ?? null
    tables.runs.set(run.id, { ...written, rerun_of: rerun?.of ?? null, outputs })
    changes.runs.set(run.id, undefined)
    tables.tasks_of.set(
      run.id,
      tasks.map(({ id }) => id),
    )
    for (const row of rows) {
      tables.tasks.set(row.id, row)
      changes.tasks.set(row.id, undefined)
      if (row.status === "queued") insertReady(changes, row, at_ms)
    }
    if (plan.timeout_ms < defaults.run_timeout_ms) {
      const due_ms = at_ms + plan.timeout_ms
      insertTimer(tables, { due_ms, kind: "deadline", task_run_id: null, run_id: run.id })
    }
    saveWaits(changes, step)
    changes.facts.push(...step.decided.events)
    changes.emissions.push(...step.decided.emissions)
  })
}

/** What `run/begin.ts` does with new runs whose tasks have items; of them nothing is committed yet. */
export const unfoldBegun = async (
  session: Session,
  engine: Engine,
  { start, run, tasks }: Begun,
): Promise<void> => {
  await session.statement(() => session.locks.wait(session, runLock(run.id)))
  await performOn(engine, transactionIn(session), async (step) => {
    const own = { ...run }
    const copies = tasks.map((task) => ({ ...task }))
    step.runs.set(run.id, own)
    step.plans.set(run.plan_id, start.plan)
    join(step.tasks, copies)
    const open = copies.filter(({ status }) => status === "pending" || status === "queued")
    step.known.set(run.id, { run: own, open: new Map(open.map((task) => [task.id, task])) })
    await unfoldRuns(step, [own])
  })
}
