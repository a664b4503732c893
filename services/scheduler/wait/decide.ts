import { type ExpressionContext, ExpressionError } from "#language/expressions.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { type Looked, lookUp } from "../cache/look-up.ts"
import { expectRun } from "../child/expect.ts"
import { withItem } from "../item/attempt.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import { contextOf } from "../task/attempt.ts"
import { type Outputs, outputsOf } from "../task/outputs.ts"
import { tellSkipped } from "../task/tell-unbegun.ts"
import { endWait } from "./end.ts"
import { beginWait, isWanted, withEnv } from "./evaluate.ts"
import { tellWaiting } from "./tell.ts"
import type { Signal } from "./waits.ts"

/** Whether the engine itself has something to say before this one may go to a worker. */
export const isOwn = (planned: PlanTask, { item }: Pick<TaskRow, "item"> = { item: null }): boolean =>
  planned.wait !== undefined || planned.cache !== undefined || (planned.if !== undefined && item === null)

type Read = { readonly outputs: Outputs; readonly signals: readonly Signal[] }
type Known = Read & { readonly looked: ReadonlyMap<TaskRow, Looked> }

type Ready = { readonly task: TaskRow; readonly run: RunRow; readonly plan: Plan; readonly planned: PlanTask }

export type Verdict = "ended" | "passed over" | "waits" | "goes on"

/** What becomes of the tasks that are ready and the engine's own. What they read is read for all of them at once. */
export const decideReady = async (step: Step): Promise<ReadonlyMap<TaskRow, Verdict>> => {
  const verdicts = new Map<TaskRow, Verdict>()
  const open: Ready[] = []
  for (const task of step.decided.waits.undecided.splice(0)) {
    const run = runOfTask(step, task)
    const plan = planOfRun(step, run)
    const planned = plan?.tasks[task.idx]
    if (!run || !plan || !planned || task.status !== "pending") continue
    // Nothing new begins in a paused run: whoever resumes it comes back to this.
    if (run.status === "paused") step.decided.counted.add(task)
    else open.push({ task, run, plan, planned })
  }
  if (open.length === 0) return verdicts
  const read = await readKnown(step, open)
  const looked = await lookUp(step, open, (ready) => contextFor(step, ready, read))
  const known = { ...read, looked }
  for (const ready of open) verdicts.set(ready.task, decide(step, ready, known))
  return verdicts
}

const readKnown = async (step: Step, open: readonly Ready[]): Promise<Read> => {
  const wanted = new Set(
    open.flatMap(({ run, planned }) => planned.reads.map((idx) => taskRunId(run.id, idx))),
  )
  const named = open.flatMap(({ run, planned: { wait } }) =>
    wait?.for === "signal" ? [{ run_id: run.id, name: wait.name }] : [],
  )
  const [outputs, signals] = await Promise.all([
    outputsOf(step, wanted),
    named.length > 0 ? step.rows.signals(named) : [],
  ])
  return { outputs, signals }
}

const contextFor = (
  step: Step,
  { task, run, plan, planned }: Ready,
  { outputs }: Read,
): ExpressionContext => {
  const context = contextOf(run, { plan, plan_task: planned, outputs })
  return { trigger: {}, ...withItem(context, planned.each, task), now: step.now.toISOString() }
}

const decide = (step: Step, ready: Ready, known: Known): Verdict => {
  const { task, run, plan, planned } = ready
  const context = contextFor(step, ready, known)
  step.decided.counted.delete(task)
  if (planned.if !== undefined && task.item === null) {
    const verdict = decideIf(step, { ...ready, condition: planned.if }, context)
    if (verdict) return verdict
  }
  if (planned.each && task.item === null) return "goes on"
  const looked = known.looked.get(task)
  if (looked) return takeOver(step, task, looked)
  const { wait } = planned
  if (!wait) return "goes on"
  try {
    const read = withEnv(context, planned.env)
    const begun =
      wait.for === "workflow" ? expectRun({ task, plan, wait, now: step.now }, read) : beginWait(wait, read)
    Object.assign(task, { status: "waiting", needs_left: 0 })
    tellWaiting(step, task, { type: "task.waiting", waited: begun.waited })
    const signal =
      wait.for === "signal" &&
      known.signals.find(({ run_id, name }) => run_id === run.id && name === wait.name)
    if (signal) return takeSignal(step, task, signal)
    step.decided.waits.begun.push({ task, ...begun })
    return "waits"
  } catch (error) {
    return refuse(step, task, { error, code: "wait.invalid", what: `\`${wait.for}\` can't begin` })
  }
}

type Conditional = Ready & { readonly condition: string }

/** Undefined where the condition holds. */
const decideIf = (step: Step, { task, run, condition }: Conditional, context: ExpressionContext) => {
  try {
    if (isWanted(condition, withEnv(context, {}))) return undefined
  } catch (error) {
    return refuse(step, task, {
      error,
      code: "if.invalid",
      what: `\`if: ${condition.slice(0, 200)}\` can't be told`,
    })
  }
  Object.assign(task, { status: "skipped", reason: "condition", needs_left: 0 })
  step.decided.unbegun.push(task)
  tellSkipped(step, task, run)
  return "passed over" as const
}

/** Its result is there already, or will be when a worker has made it. */
const takeOver = (step: Step, task: TaskRow, looked: Looked): Verdict => {
  if ("error" in looked) {
    return refuse(step, task, {
      error: looked.error,
      code: "cache.invalid",
      what: "`cache.key` can't be told",
    })
  }
  const { found, hash, ttl_ms } = looked
  if (!found) {
    step.decided.waits.keyed.push({ task, hash, ttl_ms })
    return "goes on"
  }
  endWait(step, task, { status: "completed", outputs: found.outputs ?? {}, reused_from: found.id })
  return "ended"
}

type Refusal = { readonly error: unknown; readonly code: string; readonly what: string }

const refuse = (step: Step, task: TaskRow, { error, code, what }: Refusal): Verdict => {
  if (!(error instanceof ExpressionError)) throw error
  endWait(step, task, { status: "failed", error: { code, message: `${what}: ${error.message}.` } })
  return "ended"
}

const takeSignal = (step: Step, task: TaskRow, { run_id, name, data }: Signal): Verdict => {
  step.decided.waits.taken.push({ run_id, name })
  endWait(step, task, { status: "completed", outputs: asOutputs(data) })
  return "ended"
}

/** What is no mapping by itself has a name in the outputs. */
export const asOutputs = (data: unknown): Readonly<Record<string, unknown>> => {
  if (data === null || data === undefined) return {}
  return typeof data === "object" && !Array.isArray(data) ? { ...data } : { data }
}
