import { defaults, type Plan, type PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import type { ClaimedRow, RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import type { Output, Transaction } from "../step/transaction.ts"

/** One attempt, with all that its worker needs. */
export type Attempt = {
  readonly id: string
  readonly run_id: string | null
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly task: string
  readonly type: string
  readonly attempt: number
  readonly token: string
  readonly timeout_ms: number
  readonly traceparent: string | null
  readonly plan_task: PlanTask
  readonly context: AttemptContext
}

export type AttemptContext = {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly tasks: Readonly<Record<string, { status: string; outputs: Readonly<Record<string, unknown>> }>>
  readonly run: { readonly id: string; readonly workflow: string; readonly version: number }
}

/** The outputs that the expressions of what a step gives to its worker may read, looked up all at once. */
export const outputsFor = async (reader: Pick<Transaction, "outputs">, step: Step): Promise<Outputs> => {
  const { claimed } = step.decided
  const wanted = new Set<string>()
  for (const task of claimed) {
    const run = runOfTask(step, task)
    for (const idx of readsOf(planOfRun(step, run), task)) wanted.add(taskRunId(task.run_id ?? "", idx))
  }
  const found = await reader.outputs([...wanted])
  return new Map(found.map((row) => [row.id, row]))
}

/** What a step gives to its worker, after its commit. */
export const attemptsOf = async (step: Step, outputs: Outputs): Promise<readonly Attempt[]> => {
  // The token was answered before the commit; that it is known here may take a turn more.
  await step.holding
  return step.decided.claimed.flatMap((task) => attemptOf(step, task, outputs) ?? [])
}

const attemptOf = (step: Step, task: TaskRow, outputs: Outputs): Attempt | undefined => {
  const { id, run_id, workspace_id, type, attempt } = task
  const token = step.holder?.token ?? null
  if (token === null) return undefined
  const about = { id, run_id, workspace_id, task: task.task, type, attempt, token }
  if (run_id === null) {
    const timeout_ms = task.settings?.timeout_ms ?? defaults.task_timeout_ms
    const plan_task = plannedJob(task as ClaimedRow)
    const rest = { workflow: "", version: 0, timeout_ms, traceparent: task.traceparent }
    return { ...about, ...rest, plan_task, context: no_context }
  }
  const run = runOfTask(step, task)
  const plan = planOfRun(step, run)
  const planned = plan?.tasks[task.idx]
  if (!run || !plan || !planned) return undefined
  const plan_task = plan.payloads ? withPayload(planned, run.inputs) : planned
  const { workflow, version, traceparent } = run
  const rest = { workflow, version, timeout_ms: plan_task.timeout_ms, traceparent }
  return { ...about, ...rest, plan_task, context: contextOf(run, { plan, plan_task, outputs }) }
}

type Outputs = ReadonlyMap<string, Output>
type Planned = { readonly plan: Plan; readonly plan_task: PlanTask; readonly outputs: Outputs }

const contextOf = (run: RunRow, { plan, plan_task, outputs }: Planned): AttemptContext => {
  const tasks = Object.fromEntries(
    plan_task.reads.map((idx) => {
      const found = outputs.get(taskRunId(run.id, idx))
      const name = plan.tasks[idx]?.name ?? ""
      return [name, { status: found?.status ?? "pending", outputs: found?.outputs ?? {} }]
    }),
  )
  const { id, workflow, version } = run
  const inputs = plan.payloads ? {} : run.inputs
  return { inputs, env: plan.env, tasks, run: { id, workflow, version } }
}

/** In a run of steps each task has its own of the run's inputs, and sees no other. */
const withPayload = (planned: PlanTask, { payloads }: RunRow["inputs"]): PlanTask => {
  const payload: unknown = Array.isArray(payloads) ? payloads[planned.idx] : undefined
  return { ...planned, with: (payload ?? null) as PlanTask["with"] }
}

const no_context: AttemptContext = {
  ...{ inputs: {}, env: {}, tasks: {} },
  run: { id: "", workflow: "", version: 0 },
}

const plannedJob = ({ type, payload, queue, priority, settings }: ClaimedRow): PlanTask => ({
  ...{ idx: 0, name: type, uses: type, env: {}, needs: [], successors: [], reads: [], when: "success" },
  // What a type makes of its payload is its own business.
  with: payload as PlanTask["with"],
  continue_on_error: false,
  timeout_ms: settings?.timeout_ms ?? defaults.task_timeout_ms,
  retry: settings?.retry ?? defaults.retry,
  ...{ queue, priority, outputs: [], artifacts: [] },
})

/** The upstream tasks whose outputs and status an attempt may see. */
const readsOf = (plan: Plan | undefined, task: TaskRow): readonly number[] =>
  plan?.tasks[task.idx]?.reads ?? []
