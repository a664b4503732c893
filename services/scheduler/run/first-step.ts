import { begin } from "#language/decide.ts"
import type { PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { slotOfTask } from "#language/slots.ts"
import { readsTrigger } from "#language/trigger-reads.ts"
import { withTemplates } from "../item/kept.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tellSkipped } from "../task/tell-unbegun.ts"
import { isOwn } from "../wait/decide.ts"
import { tellRunStarted } from "./begin.ts"
import { keyOf } from "./enter.ts"
import type { KeptTasks } from "./keep.ts"
import type { Begun, Prepared } from "./start.ts"

type Given = { readonly start: Prepared; readonly kept: KeptTasks }

/** A run's first step, in memory: what can run at once, and what never will. One that waits for its key takes none. */
export const firstStep = (step: Step, { start, kept }: Given, waits: boolean): Begun => {
  const begun = begin(start.plan, new Set(kept.keys()))
  const { run_id: id, workspace_id, workflow, version, plan_id, inputs, traceparent, trigger } = start
  const released = new Set(waits ? [] : begun.release)
  const skipped = new Set(waits ? [] : begun.skip)
  const run: RunRow = {
    ...{ id, workspace_id, workflow, version, plan_id, inputs, traceparent, trigger, bad: 0, seq: 0 },
    gate_key: keyOf(start),
    ...(waits
      ? { started_at: null, status: "pending", reason: "concurrency" }
      : { started_at: step.now.toISOString(), status: "running", reason: null }),
    ...(readsTrigger(start.plan) && { happened: start.happened ?? { type: trigger } }),
    open: start.plan.tasks.length - skipped.size - kept.size,
    revision: 0,
  }
  step.runs.set(id, run)
  step.plans.set(plan_id, start.plan)
  if (!waits) tellRunStarted(step, run)
  const tasks = start.plan.tasks.map((planned) => {
    const counter = begun.counters.get(planned.idx)
    const task = newTask(run, planned, {
      needs_left: 0,
      needs_bad: 0,
      ...counter,
      queued_ms: step.now.getTime(),
    })
    if (kept.has(task.idx)) keep(step, task, kept)
    if (released.has(task.idx) && isOwn(planned) && !planned.each) {
      step.tasks.set(task.id, task)
      step.decided.waits.undecided.push(task)
    } else if (released.has(task.idx) && planned.each) {
      step.decided.unfolding.push(task)
    } else if (released.has(task.idx)) {
      task.status = "queued"
      step.decided.released.push(task)
      if (task.settings) step.decided.expiring.push(task)
    }
    if (skipped.has(task.idx)) {
      Object.assign(task, { status: "skipped", reason: "needs" })
      step.decided.waits.outputs.set(task.id, { id: task.id, status: task.status, outputs: null })
      tellSkipped(step, task, run)
    }
    return task
  })
  const open = tasks.filter(({ status }) => status === "pending" || status === "queued")
  if (!waits) step.known.set(id, { run, open: new Map(open.map((task) => [task.id, task])) })
  return { start, run, tasks, kept: withTemplates(start, kept) }
}

/** Its outputs are known to this step before they are written. */
const keep = ({ decided }: Step, task: TaskRow, kept: KeptTasks): void => {
  Object.assign(task, { status: "completed", needs_left: 0 })
  const { id, status } = task
  decided.waits.outputs.set(id, { id, status, outputs: kept.get(task.idx)?.outputs ?? null })
}

/** Read with the row, so only where a timer has to know of it; the rest is in the plan. */
const settingsOf = ({ timeout_ms, retry, queue_timeout_ms }: PlanTask): TaskRow["settings"] =>
  queue_timeout_ms === undefined ? null : { timeout_ms, retry, queue_timeout_ms }

const newTask = (
  run: RunRow,
  planned: PlanTask,
  counter: Pick<TaskRow, "needs_left" | "needs_bad" | "queued_ms">,
): TaskRow => ({
  id: taskRunId(run.id, planned.idx),
  ...{ run_id: run.id, workspace_id: run.workspace_id, idx: planned.idx, item: null, task: planned.name },
  ...{ type: planned.uses, queue: planned.queue, slot: slotOfTask(planned), priority: planned.priority },
  ...{
    max_retries: planned.retry.max_retries,
    gate_key: null,
    settings: settingsOf(planned),
    traceparent: null,
  },
  ...{ status: "pending", reason: null, token: null, attempt: 0, lost: 0, returned: 0, cancel: false },
  ...counter,
})
