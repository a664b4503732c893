import { begin } from "#language/decide.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { slotOfTask } from "#language/slots.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import type { KeptTasks } from "./keep.ts"

/** Of plans whose runs begin with nothing: the same for each of them. */
const beginnings = new WeakMap<Plan, Beginning>()

type Beginning = {
  readonly release: ReadonlySet<number>
  readonly skip: ReadonlySet<number>
  readonly counters: ReadonlyMap<number, Counter>
}

export const beginningOf = (plan: Plan, kept: KeptTasks = nothing_kept): Beginning => {
  const known = kept.size === 0 ? beginnings.get(plan) : undefined
  if (known) return known
  const { release, skip, counters } = begin(plan, new Set(kept.keys()))
  const beginning = { release: new Set(release), skip: new Set(skip), counters }
  if (kept.size === 0) beginnings.set(plan, beginning)
  return beginning
}

const nothing_kept: KeptTasks = new Map()

/** Read with the row, so only where a timer has to know of it; the rest is in the plan. */
const settingsOf = ({ timeout_ms, retry, queue_timeout_ms }: PlanTask): TaskRow["settings"] =>
  queue_timeout_ms === undefined ? null : { timeout_ms, retry, queue_timeout_ms }

type Counter = Pick<TaskRow, "needs_left" | "needs_bad">

const no_needs: Counter = { needs_left: 0, needs_bad: 0 }

/** Written out: there is one for each task of each run, and to spread parts into it was measured to take several times as long. */
export const newTask = (run: RunRow, planned: PlanTask, counter = no_needs): TaskRow => ({
  id: taskRunId(run.id, planned.idx),
  run_id: run.id,
  workspace_id: run.workspace_id,
  idx: planned.idx,
  item: null,
  task: planned.name,
  type: planned.uses,
  queue: planned.queue,
  slot: slotOfTask(planned),
  priority: planned.priority,
  max_retries: planned.retry.max_retries,
  gate_key: null,
  settings: settingsOf(planned),
  traceparent: null,
  status: "pending",
  reason: null,
  token: null,
  attempt: 0,
  lost: 0,
  returned: 0,
  cancel: false,
  needs_left: counter.needs_left,
  needs_bad: counter.needs_bad,
  queued_ms: 0,
})

/** Whether a run that was just begun has all of its tasks as its plan has them begin: what waits needs no room then. */
export const isAsBegun = (step: Step, run: RunRow, open: ReadonlyMap<string, TaskRow>): boolean =>
  run.revision === 0 &&
  open.size === planOfRun(step, run)?.tasks.length &&
  [...open.values()].every(({ status, needs_left }) => status === (needs_left === 0 ? "queued" : "pending"))

/** The tasks of such a run, made anew. */
export const tasksAsBegun = (run: RunRow, plan: Plan | undefined): Map<string, TaskRow> | undefined => {
  if (!plan) return undefined
  const { release, counters } = beginningOf(plan)
  const queued_ms = Date.parse(run.started_at ?? "")
  const tasks = plan.tasks.map((planned): TaskRow => {
    const task = newTask(run, planned, counters.get(planned.idx))
    return release.has(planned.idx) ? { ...task, status: "queued", queued_ms } : task
  })
  return new Map(tasks.map((task) => [task.id, task]))
}
