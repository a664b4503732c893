import { createHash } from "node:crypto"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { begin } from "#language/decide.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { slotOf } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import { announce } from "../step/announce.ts"
import { rowsOver } from "../step/postgres.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { openStep, type Step } from "../step/step.ts"
import { tell } from "../task/tell.ts"
import { tellSkipped } from "../task/tell-unbegun.ts"
import { endRuns } from "./end.ts"
import { insertBegun } from "./insert.ts"
import { type KeptTasks, readKept } from "./keep.ts"
import { reserveKeys } from "./reserve.ts"
import type { Run } from "./shape.ts"
import { shownRun } from "./shown.ts"

export type RunStart = {
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan: Plan
  readonly inputs: Readonly<Record<string, unknown>>
  readonly trigger: string
  readonly idempotency_key: string | undefined
  readonly body_hash: string
  readonly traceparent: string | null
  readonly rerun: Rerun | null
  /** Who asks needs neither inputs nor tasks in the answer. */
  readonly bare?: boolean
}

/** What of an earlier run is kept: nothing, what has completed, or that as far as it doesn't come after a task. */
export type Rerun = {
  readonly of: string
  readonly mode: "all" | "failed" | "from"
  /** A task's name, for `from`. */
  readonly task: string
}

export type RunStarted = {
  readonly run_id: string
  /** False when the key was used before: then `run_id` is that of the first request. */
  readonly created: boolean
  /** The key was used with another body. */
  readonly conflict: boolean
  /** As it was written; of a new run alone. */
  readonly run: Run | undefined
}

export type Prepared = RunStart & { readonly plan_id: string; readonly plan_text: string }

/** A run and its tasks as they are written at first. */
export type Begun = {
  readonly start: Prepared
  readonly run: RunRow
  readonly tasks: readonly TaskRow[]
  /** What an earlier run has done already, by its place. */
  readonly kept: KeptTasks
}

/** Run, task runs, idempotency row and `workflow.started` in one transaction, for as many runs as there are. */
export const startRuns =
  (engine: Engine) =>
  async (starts: readonly RunStart[]): Promise<readonly RunStarted[]> => {
    const prepared = starts.map(prepareRun)
    for (const { plan_id, plan } of prepared) engine.plans.keep(plan_id, plan)
    return engine.hot.tx(async (sql) => {
      const reserved = await reserveKeys(sql, prepared)
      const step = openStep(rowsOver(sql), engine.kit)
      const begun = new Map<string, Begun>()
      for (const [index, start] of prepared.entries()) {
        if (!reserved[index]?.created) continue
        begun.set(start.run_id, beginRun(step, start, await readKept(sql, start)))
      }
      endRuns(step)
      const times = await insertBegun(sql, step, [...begun.values()])
      engine.plans.remember([...step.runs.values()])
      sql.afterCommit(() => announce(engine, step))
      return reserved.map((answer) => {
        const one = answer.created ? begun.get(answer.run_id) : undefined
        return { ...answer, run: one && shownRun(one, times) }
      })
    })
  }

type PlanContent = Pick<Prepared, "plan_id" | "plan_text">

const contents = new WeakMap<Plan, PlanContent>()

/** A plan is written out and addressed once, however many starts bring it. */
const contentOf = (plan: Plan): PlanContent => {
  const known = contents.get(plan)
  if (known) return known
  const plan_text = JSON.stringify(plan)
  const content = { plan_text, plan_id: createHash("sha256").update(plan_text).digest("hex") }
  contents.set(plan, content)
  return content
}

export const prepareRun = (start: RunStart): Prepared => ({ ...start, ...contentOf(start.plan) })

/** A run's first step, in memory: what can run at once, and what never will. */
export const beginRun = (step: Step, start: Prepared, kept: KeptTasks): Begun => {
  const begun = begin(start.plan, new Set(kept.keys()))
  const { run_id: id, workspace_id, workflow, version, plan_id, inputs, traceparent, trigger } = start
  const run: RunRow = {
    ...{ id, workspace_id, workflow, version, plan_id, inputs, traceparent, gate_key: null },
    ...{ started_at: step.now.toISOString(), status: "running", reason: null, bad: 0, seq: 0 },
    open: start.plan.tasks.length - begun.skip.length - kept.size,
  }
  step.runs.set(id, run)
  tellRunStarted(step, run, trigger)
  const released = new Set(begun.release)
  const skipped = new Set(begun.skip)
  const tasks = start.plan.tasks.map((planned) => {
    const counter = begun.counters.get(planned.idx)
    const task = newTask(run, planned, counter ?? { needs_left: 0, needs_bad: 0 })
    if (kept.has(task.idx)) Object.assign(task, { status: "completed", needs_left: 0 })
    if (released.has(task.idx)) {
      task.status = "queued"
      step.decided.released.push(task)
    }
    if (skipped.has(task.idx)) {
      Object.assign(task, { status: "skipped", reason: "needs" })
      tellSkipped(step, task, run)
    }
    return task
  })
  return { start, run, tasks, kept }
}

const newTask = (
  run: RunRow,
  planned: PlanTask,
  counter: Pick<TaskRow, "needs_left" | "needs_bad">,
): TaskRow => ({
  id: taskRunId(run.id, planned.idx),
  ...{ run_id: run.id, workspace_id: run.workspace_id, idx: planned.idx, task: planned.name },
  ...{ type: planned.uses, queue: planned.queue, slot: slotOf(planned.uses), priority: planned.priority },
  ...{ max_retries: planned.retry.max_retries, gate_key: null, settings: null, traceparent: null, age_s: 0 },
  ...{ status: "pending", reason: null, token: null, attempt: 0, lost: 0, returned: 0, cancel: false },
  ...counter,
})

const tellRunStarted = (step: Step, run: RunRow, trigger: string): void => {
  const { id, workspace_id, workflow, version } = run
  const started_at = step.now.toISOString()
  step.decided.emissions.push({
    type: "workflow.started",
    id: derivedId(id, "workflow.started"),
    key: id,
    traceparent: run.traceparent ?? undefined,
    data: { run_id: id, workspace_id, workflow, version, trigger, started_at },
  })
  tell(step, { run, type: "workflow.started", task: null, status: "running", data: { trigger } })
}
