import type { PlanTask } from "#language/plan.ts"
import { readsTrigger } from "#language/trigger-reads.ts"
import { withTemplates } from "../item/kept.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tellSkipped } from "../task/tell-unbegun.ts"
import { isOwn } from "../wait/decide.ts"
import { beginningOf, newTask } from "./as-begun.ts"
import { tellRunStarted } from "./begin.ts"
import { keyOf } from "./enter.ts"
import type { KeptTasks } from "./keep.ts"
import type { Begun, Prepared } from "./start.ts"

type Given = { readonly start: Prepared; readonly kept: KeptTasks }

/** Of a run that waits for its key. */
const nothing: ReadonlySet<number> = new Set()

/** A run's first step, in memory: what can run at once, and what never will. One that waits for its key takes none. */
export const firstStep = (step: Step, { start, kept }: Given, waits: boolean): Begun => {
  const begun = beginningOf(start.plan, kept)
  const released = waits ? nothing : begun.release
  const skipped = waits ? nothing : begun.skip
  const run = newRun(step, start, waits)
  run.open = start.plan.tasks.length - skipped.size - kept.size
  step.runs.set(run.id, run)
  step.plans.set(run.plan_id, start.plan)
  if (!waits) tellRunStarted(step, run)
  const tasks = start.plan.tasks.map((planned) => {
    const { idx } = planned
    const task = newTask(run, planned, begun.counters.get(idx))
    task.queued_ms = step.now.getTime()
    if (kept.has(idx)) keep(step, task, kept)
    if (released.has(idx)) release(step, task, planned)
    if (skipped.has(idx)) {
      Object.assign(task, { status: "skipped", reason: "needs" })
      step.decided.waits.outputs.set(task.id, { id: task.id, status: task.status, outputs: null })
      tellSkipped(step, task, run)
    }
    return task
  })
  const open = new Map<string, TaskRow>()
  for (const task of tasks) if (task.status === "pending" || task.status === "queued") open.set(task.id, task)
  if (!waits) step.known.set(run.id, { run, open })
  return { start, run, tasks, kept: withTemplates(start, kept) }
}

const newRun = (step: Step, start: Prepared, waits: boolean): RunRow => ({
  id: start.run_id,
  workspace_id: start.workspace_id,
  workflow: start.workflow,
  version: start.version,
  plan_id: start.plan_id,
  inputs: start.inputs,
  traceparent: start.traceparent,
  trigger: start.trigger,
  gate_key: keyOf(start),
  started_at: waits ? null : step.now.toISOString(),
  status: waits ? "pending" : "running",
  reason: waits ? "concurrency" : null,
  ...(readsTrigger(start.plan) && { happened: start.happened ?? { type: start.trigger } }),
  ...{ bad: 0, seq: 0, open: 0, revision: 0 },
})

/** What the engine does by itself is decided about later in this step. */
const release = (step: Step, task: TaskRow, planned: PlanTask): void => {
  if (planned.each) step.decided.unfolding.push(task)
  else if (isOwn(planned)) {
    step.tasks.set(task.id, task)
    step.decided.waits.undecided.push(task)
  } else {
    task.status = "queued"
    step.decided.released.push(task)
    if (task.settings) step.decided.expiring.push(task)
  }
}

/** Its outputs are known to this step before they are written. */
const keep = ({ decided }: Step, task: TaskRow, kept: KeptTasks): void => {
  Object.assign(task, { status: "completed", needs_left: 0 })
  const { id, status } = task
  decided.waits.outputs.set(id, { id, status, outputs: kept.get(task.idx)?.outputs ?? null })
}
