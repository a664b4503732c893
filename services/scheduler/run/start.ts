import { createHash } from "node:crypto"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Concurrency } from "#language/concurrency.ts"
import { begin } from "#language/decide.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { slotOf } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import { announce } from "../step/announce.ts"
import { performIn } from "../step/perform.ts"
import { rowsOver } from "../step/postgres.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { openStep, type Step } from "../step/step.ts"
import { tellSkipped } from "../task/tell-unbegun.ts"
import { tellRunStarted } from "./begin.ts"
import { runConcurrency } from "./concurrency.ts"
import { endRuns } from "./end.ts"
import { enterRuns, keyOf, refusalOf } from "./enter.ts"
import { insertBegun } from "./insert.ts"
import { type KeptTasks, readKept } from "./keep.ts"
import { releaseKeys, reserveKeys } from "./reserve.ts"
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
  /** Why nothing was started. */
  readonly refusal?: Problem
  /** As it was written; of a new run alone. */
  readonly run: Run | undefined
}

export type Prepared = RunStart & {
  readonly plan_id: string
  readonly plan_text: string
  readonly concurrency: Concurrency | Problem | undefined
}

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
      const started = new Map<string, Run | Problem>()
      for (const some of inTurn(prepared.filter((_, index) => reserved[index]?.created))) {
        for (const [run_id, run] of await startSome(engine, sql, some)) started.set(run_id, run)
      }
      const isRefused = ({ run_id }: RunStart) => started.get(run_id) instanceof Problem
      await releaseKeys(sql, prepared.filter(isRefused))
      return reserved.map((answer) => {
        const one = started.get(answer.run_id)
        if (one instanceof Problem) return { ...answer, created: false, run: undefined, refusal: one }
        return { ...answer, run: answer.created ? one : undefined }
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

export const prepareRun = (start: RunStart): Prepared => ({
  ...start,
  ...contentOf(start.plan),
  concurrency: runConcurrency(start),
})

/** One that cancels others comes by itself, so that it may cancel those that came with it. */
const inTurn = (starts: readonly Prepared[]): readonly (readonly Prepared[])[] => {
  const cancels = ({ concurrency }: Prepared) =>
    concurrency !== undefined &&
    !(concurrency instanceof Problem) &&
    concurrency.on_conflict === "cancel_running"
  const rest = starts.filter((start) => !cancels(start))
  const alone = starts.filter(cancels).map((start) => [start])
  return rest.length === 0 ? alone : [rest, ...alone]
}

const startSome = async (
  engine: Engine,
  sql: Sql,
  starts: readonly Prepared[],
): Promise<ReadonlyMap<string, Run | Problem>> => {
  const kept = new Map<string, KeptTasks>()
  for (const start of starts) kept.set(start.run_id, await readKept(sql, start))
  const entered = await enterRuns(engine, sql, { starts, kept })
  const step = openStep(rowsOver(sql), engine.kit)
  const started = new Map<string, Run | Problem>()
  const begun: Begun[] = []
  for (const start of starts) {
    const { run_id } = start
    const refusal = refusalOf(start, entered)
    if (refusal) started.set(run_id, refusal)
    else
      begun.push(
        firstStep(step, { start, kept: kept.get(run_id) ?? new Map() }, entered.get(run_id) === "waits"),
      )
  }
  endRuns(step)
  const times = await insertBegun(sql, step, begun)
  sql.afterCommit(() => announce(engine, step))
  const { leaving } = step.decided
  if (leaving.length > 0)
    await performIn(engine, sql, async ({ decided }) => decided.leaving.push(...leaving))
  for (const one of begun) started.set(one.run.id, shownRun(one, times))
  return started
}

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
    open: start.plan.tasks.length - skipped.size - kept.size,
    revision: 0,
  }
  step.runs.set(id, run)
  if (!waits) tellRunStarted(step, run)
  const tasks = start.plan.tasks.map((planned) => {
    const counter = begun.counters.get(planned.idx)
    const task = newTask(run, planned, {
      needs_left: 0,
      needs_bad: 0,
      ...counter,
      queued_ms: step.now.getTime(),
    })
    if (kept.has(task.idx)) Object.assign(task, { status: "completed", needs_left: 0 })
    if (released.has(task.idx)) {
      task.status = "queued"
      step.decided.released.push(task)
      if (task.settings) step.decided.expiring.push(task)
    }
    if (skipped.has(task.idx)) {
      Object.assign(task, { status: "skipped", reason: "needs" })
      tellSkipped(step, task, run)
    }
    return task
  })
  const open = tasks.filter(({ status }) => status === "pending" || status === "queued")
  if (!waits) step.known.set(id, { run, open: new Map(open.map((task) => [task.id, task])) })
  return { start, run, tasks, kept }
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
  ...{ run_id: run.id, workspace_id: run.workspace_id, idx: planned.idx, task: planned.name },
  ...{ type: planned.uses, queue: planned.queue, slot: slotOf(planned.uses), priority: planned.priority },
  ...{
    max_retries: planned.retry.max_retries,
    gate_key: null,
    settings: settingsOf(planned),
    traceparent: null,
  },
  ...{ status: "pending", reason: null, token: null, attempt: 0, lost: 0, returned: 0, cancel: false },
  ...counter,
})
