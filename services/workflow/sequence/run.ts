import { Problem } from "#kernel/problem/problem.ts"
import type { Scheduler } from "../run/hand-over.ts"
import { type LegacyStatus, legacy_statuses, type Progress, type Sequence } from "./shape.ts"

/** What is used here of a run as the scheduler writes it. */
export type SteppedRun = {
  readonly id: string
  readonly workflow: string
  readonly version: number
  readonly status: string
  readonly inputs: { readonly payloads?: readonly unknown[]; readonly names?: readonly string[] }
  readonly created_at: string
  readonly finished_at: string | null
  readonly tasks: readonly SteppedTask[]
}

type SteppedTask = {
  readonly task: string
  readonly type: string
  readonly status: string
  readonly attempt: number
  readonly max_retries: number
  readonly error: { readonly code: string; readonly message: string } | null
  readonly queued_at: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
}

/** A run of steps has no version of a workflow. */
const steps_version = 0

export const steppedRun = (run_json: string): SteppedRun => JSON.parse(run_json) as SteppedRun

/** Undefined where there is no such run in this workspace, or it is a version's. */
export const findRun = async (
  scheduler: Scheduler,
  workspace_id: string,
  run_id: string,
): Promise<SteppedRun | undefined> => {
  try {
    const { runJson } = await scheduler.getRun({ workspaceId: workspace_id, runId: run_id })
    const run = steppedRun(runJson)
    return run.version === steps_version ? run : undefined
  } catch (error) {
    if (error instanceof Problem && error.code === "run.not_found") return undefined
    throw error
  }
}

export const legacyStatus = (status: string): LegacyStatus =>
  legacy_statuses.find((known) => known === status) ?? "running"

export const progressOf = ({ status, attempt, error, started_at, finished_at }: SteppedTask): Progress => ({
  ...{ status, attempt, error, started_at },
  completed_at: finished_at,
})

/** When something of it happened last. */
export const updatedAt = ({ created_at, finished_at, tasks }: SteppedRun): string => {
  let last = finished_at ?? created_at
  for (const task of tasks) {
    for (const at of [task.queued_at, task.started_at, task.finished_at]) {
      if (at !== null && at > last) last = at
    }
  }
  return last
}

export const summaryOf = (run: SteppedRun): Sequence => {
  const { id, workflow: name, created_at, tasks } = run
  const open = tasks.findIndex(({ status }) => status !== "completed")
  const current_step = open === -1 ? tasks.length : open
  return { id, name, status: legacyStatus(run.status), current_step, total_steps: tasks.length, created_at }
}
