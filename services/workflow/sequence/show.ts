import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Scheduler } from "../run/hand-over.ts"
import { findRun, progressOf, type SteppedRun, summaryOf, updatedAt } from "./run.ts"
import type { Sequence } from "./shape.ts"

/** A sequence with its steps; what is none, or another workspace's, is not there. */
export const showSequence =
  (scheduler: Scheduler) =>
  async (actor: Actor, run_id: string): Promise<Sequence> => {
    allow(actor, "run.read")
    const run = await findRun(scheduler, actor.workspace_id, run_id)
    if (!run)
      throw new Problem("workflow.not_found", { detail: `There is no sequence ${run_id} in this workspace.` })
    return {
      ...summaryOf(run),
      steps: stepsOf(run),
      updated_at: updatedAt(run),
      completed_at: run.finished_at,
    }
  }

const stepsOf = ({ tasks, inputs }: SteppedRun): NonNullable<Sequence["steps"]> =>
  tasks.map((task, index) => ({
    name: inputs.names?.[index] ?? task.task,
    type: task.type,
    payload: inputs.payloads?.[index] ?? null,
    max_retries: task.max_retries,
    ...progressOf(task),
  }))
