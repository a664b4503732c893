import { defaults } from "#language/plan.ts"
import type { Engine } from "../engine.ts"
import { unfoldRuns } from "../run/begin.ts"
import type { Begun } from "../run/start.ts"
import { performOn } from "../step/perform.ts"
import type { TaskRow } from "../step/rows.ts"
import { join, type Step } from "../step/step.ts"
import { type Changes, runLock, tellFacts } from "./changes.ts"
import type { Session } from "./database.ts"
import { insertExpiries, insertReady } from "./save.ts"
import { insertTimer, type StoredTask, since1970 } from "./tables.ts"
import { transactionIn } from "./transaction.ts"
import { saveWaits } from "./waits.ts"

/** What `run/insert.ts` writes. */
export const insertBegun = (session: Session, step: Step, begun: readonly Begun[]): void => {
  const rows = begun.flatMap((one) => one.tasks.map((task) => rowOf(session, one, task))).sort(byId)
  for (const row of rows) session.fresh.set(row.id, { ...row })
  const runs = begun.map((one) => ({ ...one, run: { ...one.run } }))
  session.writes.push((changes) => {
    const { tables, at_ms } = changes
    for (const one of runs) insertRun(changes, step, one)
    for (const row of rows) {
      tables.tasks.set(row.id, row)
      changes.tasks.set(row.id, undefined)
      if (row.status === "queued") insertReady(changes, row, at_ms)
    }
    insertExpiries(changes, step.decided.expiring)
    saveWaits(changes, step)
    tellFacts(changes, step.decided.events)
    changes.emissions.push(...step.decided.emissions)
  })
}

const byId = (one: StoredTask, other: StoredTask): number => (one.id < other.id ? -1 : 1)

const rowOf = ({ begun_ms }: Session, { kept }: Begun, task: TaskRow): StoredTask => {
  const { id: reused_from = null, outputs = null } = kept.get(task.idx) ?? {}
  const queued_ms = task.status === "queued" ? since1970(begun_ms) : 0
  return { ...task, payload: null, outputs, reused_from, queued_ms, wait: null }
}

const insertRun = (changes: Changes, { decided }: Step, { start, run, tasks }: Begun): void => {
  const { tables, at_ms } = changes
  const { plan, plan_id, rerun } = start
  tables.plans.set(plan_id, plan)
  const outputs = decided.waits.answered.find((answered) => answered.run.id === run.id)?.outputs ?? null
  tables.runs.set(run.id, { ...run, rerun_of: rerun?.of ?? null, outputs })
  changes.runs.set(run.id, undefined)
  tables.tasks_of.set(
    run.id,
    tasks.map(({ id }) => id),
  )
  if (plan.timeout_ms >= defaults.run_timeout_ms) return
  const due_ms = at_ms + plan.timeout_ms
  insertTimer(tables, { due_ms, kind: "deadline", task_run_id: null, run_id: run.id })
}

/** What `run/begin.ts` does with new runs whose tasks have items; of them nothing is committed yet. */
export const unfoldBegun = async (
  session: Session,
  engine: Engine,
  begun: readonly Begun[],
): Promise<void> => {
  const runs = begun.toSorted((one, other) => (one.run.id < other.run.id ? -1 : 1))
  for (const { run } of runs) await session.statement(() => session.locks.wait(session, runLock(run.id)))
  await performOn(engine, transactionIn(session), async (step) => {
    for (const one of runs) joinBegun(step, one)
    await unfoldRuns(step, [...step.runs.values()])
  })
}

const joinBegun = (step: Step, { start, run, tasks }: Begun): void => {
  const own = { ...run }
  const copies = tasks.map((task) => ({ ...task }))
  step.runs.set(run.id, own)
  step.plans.set(run.plan_id, start.plan)
  join(step.tasks, copies)
  const open = copies.filter(({ status }) => status === "pending" || status === "queued")
  step.known.set(run.id, { run: own, open: new Map(open.map((task) => [task.id, task])) })
}
