import type { RunRow, TaskRow } from "../step/rows.ts"
import { timeText } from "./time.ts"

export type Run = Pick<RunRow, "id" | "workspace_id" | "workflow" | "version" | "trigger" | "inputs">
export type Task = Pick<TaskRow, "id" | "run_id" | "workspace_id" | "task" | "type" | "attempt">

/** Whatever is told of a task says this. */
export const taskData = (task: Task, workflow: string | null, at: string) => ({
  task_run_id: task.id,
  run_id: task.run_id,
  workspace_id: task.workspace_id,
  task: task.task,
  attempt: task.attempt,
  at,
  in_workflow: workflow,
  type: task.type,
})

type Began = { readonly worker_id: string; readonly queued_ms: number }

export const beginning = ({ worker_id, queued_ms }: Began) => ({
  worker_id,
  queued_at: timeText(queued_ms),
})

type JobBegan = {
  readonly worker_id?: string | null | undefined
  readonly queued_at: Date | null
  readonly started_at?: Date | null | undefined
}

/** That a job's attempt has begun is told with its end; what waited too long for a worker never began. */
export const jobBeginning = ({ worker_id, queued_at, started_at }: JobBegan) => {
  if (!started_at) return {}
  return {
    started_at: started_at.toISOString(),
    ...(worker_id && { worker_id }),
    ...(queued_at && { queued_at: queued_at.toISOString() }),
  }
}

type Values = Readonly<Record<string, unknown>>

export type Completed = {
  readonly outputs?: Values | null | undefined
  readonly log_chunks?: number | undefined
  readonly usage?: Values | null | undefined
}

export const completion = ({ outputs, log_chunks = 0, usage }: Completed) => ({
  outputs: outputs ?? {},
  log_chunks,
  ...(usage && { usage }),
})

const runData = ({ id, workspace_id, workflow, version }: Run) => ({
  run_id: id,
  workspace_id,
  workflow,
  version,
})

export const startedRunData = (run: Run, started_at: string) => ({
  ...runData(run),
  ...{ trigger: run.trigger, started_at, ...smallInputs(run) },
})

export type RunEnd = Run & Pick<RunRow, "reason" | "started_at">

export const endedRunData = <Status>(
  run: RunEnd,
  { status, finished_at }: { status: Status; finished_at: string },
) => ({
  ...runData(run),
  ...{ status, reason: run.reason, started_at: run.started_at, finished_at },
})

const max_told_chars = 4_000

/** So that others can find runs by them; large ones are the run's alone. */
const smallInputs = ({ inputs }: Run): { readonly inputs?: Run["inputs"] } => {
  if (Object.keys(inputs).length === 0 || JSON.stringify(inputs).length > max_told_chars) return {}
  return { inputs }
}
