import type { ExpressionContext } from "#language/expressions.ts"
import { defaults, type Plan, type PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { taskOfItem, withItem } from "../item/attempt.ts"
import type { ClaimedRow, RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import { type Outputs, outputsOf } from "./outputs.ts"

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
} & Pick<ExpressionContext, "item" | "index" | "matrix" | "trigger">

/** What the expressions of what a step gives to its worker may read, looked up all at once. */
export const outputsFor = (step: Step): Promise<Outputs> => {
  const wanted = step.decided.claimed.flatMap((task) =>
    readsOf(planOfRun(step, runOfTask(step, task)), task).map((idx) => taskRunId(task.run_id ?? "", idx)),
  )
  return outputsOf(step, new Set(wanted))
}

/** What a step gives to its worker, after its commit. */
export const attemptsOf = async (step: Step, outputs: Outputs): Promise<readonly Attempt[]> => {
  // The token was answered before the commit; that it is known here may take a turn more.
  await step.holding
  return step.decided.claimed.flatMap((task) => attemptOf(step, task, outputs) ?? [])
}

const attemptOf = (step: Step, task: TaskRow, outputs: Outputs): Attempt | undefined => {
  const token = step.holder?.token ?? null
  if (token === null) return undefined
  if (task.run_id === null) return attemptOfJob(task as ClaimedRow, token)
  const run = runOfTask(step, task)
  const plan = planOfRun(step, run)
  const planned = plan?.tasks[task.idx]
  if (!run || !plan || !planned) return undefined
  const plan_task = plan.payloads ? withPayload(planned, run.inputs) : taskOfItem(planned)
  const context = contextOf(run, { plan, plan_task, outputs })
  return {
    id: task.id,
    run_id: task.run_id,
    workspace_id: task.workspace_id,
    workflow: run.workflow,
    version: run.version,
    task: task.task,
    type: task.type,
    attempt: task.attempt,
    token,
    timeout_ms: plan_task.timeout_ms,
    traceparent: run.traceparent,
    plan_task,
    context: withItem(context, planned.each, task),
  }
}

type Planned = { readonly plan: Plan; readonly plan_task: Pick<PlanTask, "reads">; readonly outputs: Outputs }

export const contextOf = (run: RunRow, { plan, plan_task, outputs }: Planned): AttemptContext => {
  const { id, workflow, version } = run
  const tasks = plan_task.reads.length === 0 ? nothing : tasksRead(run, { plan, plan_task, outputs })
  const inputs = plan.payloads ? nothing : run.inputs
  const context = { inputs, env: plan.env, tasks, run: { id, workflow, version } }
  return run.happened ? { ...context, trigger: run.happened } : context
}

const nothing = {}
const none: readonly never[] = []

const tasksRead = (run: RunRow, { plan, plan_task, outputs }: Planned): AttemptContext["tasks"] =>
  Object.fromEntries(
    plan_task.reads.map((idx) => {
      const found = outputs.get(taskRunId(run.id, idx))
      const name = plan.tasks[idx]?.name ?? ""
      return [name, { status: found?.status ?? "pending", outputs: found?.outputs ?? {} }]
    }),
  )

/** In a run of steps each task has its own of the run's inputs, and sees no other. */
const withPayload = (planned: PlanTask, { payloads }: RunRow["inputs"]): PlanTask => {
  const payload: unknown = Array.isArray(payloads) ? payloads[planned.idx] : undefined
  return { ...planned, with: (payload ?? null) as PlanTask["with"] }
}

type ClaimedJob = Pick<
  ClaimedRow,
  "id" | "workspace_id" | "type" | "attempt" | "payload" | "queue" | "priority" | "settings" | "traceparent"
>

export const attemptOfJob = (job: ClaimedJob, token: string): Attempt => ({
  id: job.id,
  run_id: null,
  workspace_id: job.workspace_id,
  workflow: "",
  version: 0,
  task: job.type,
  type: job.type,
  attempt: job.attempt,
  token,
  traceparent: job.traceparent,
  timeout_ms: job.settings?.timeout_ms ?? defaults.task_timeout_ms,
  plan_task: plannedJob(job),
  context: no_context,
})

const no_context: AttemptContext = {
  ...{ inputs: {}, env: {}, tasks: {} },
  run: { id: "", workflow: "", version: 0 },
}

const plannedJob = ({ type, payload, queue, priority, settings }: ClaimedJob): PlanTask => ({
  idx: 0,
  name: type,
  uses: type,
  // What a type makes of its payload is its own business.
  with: payload as PlanTask["with"],
  continue_on_error: false,
  timeout_ms: settings?.timeout_ms ?? defaults.task_timeout_ms,
  retry: settings?.retry ?? defaults.retry,
  queue,
  priority,
  env: nothing,
  needs: none,
  successors: none,
  reads: none,
  when: "success",
  outputs: none,
  artifacts: none,
})

/** The upstream tasks whose outputs and status an attempt may see. */
const readsOf = (plan: Plan | undefined, task: TaskRow): readonly number[] =>
  plan?.tasks[task.idx]?.reads ?? []
