import type { RunRow } from "../step/rows.ts"
import { taskMoves } from "../task/moves.ts"
import type { Run, TaskRun } from "./shape.ts"
import type { Begun } from "./start.ts"

/** When the database wrote it. */
export type Written = { readonly at: Date }

type Ended = Written & { readonly outputs: RunRow["inputs"] | null }

const hasEnded = (status: string): boolean => taskMoves.terminal.some((terminal) => terminal === status)

/** A run that was just written, as a reader would find it. */
export const shownRun = ({ start, run, tasks, kept }: Begun, { at, outputs }: Ended): Run => {
  const { id, workflow, version, status, reason, inputs } = run
  const time = at.toISOString()
  const finished_at = run.open === 0 ? time : null
  const head = {
    ...{
      id,
      workflow,
      version,
      status,
      reason,
      inputs: {},
      outputs: outputs && { ...outputs },
      trigger: start.trigger,
    },
    ...{ rerun_of: start.rerun?.of ?? null, parent: null, created_at: time, finished_at },
    started_at: run.started_at === null ? null : time,
  }
  if (start.bare) return head
  return {
    ...head,
    inputs: { ...inputs },
    tasks: tasks.map(
      (task): TaskRun => ({
        ...{ id: task.id, run_id: id, task: task.task, type: task.type, item: null },
        ...{ status: task.status, reason: task.reason },
        ...{ attempt: task.attempt, max_retries: task.max_retries, worker_id: null, error: null, wait: null },
        outputs: kept.get(task.idx)?.outputs ?? null,
        reused_from: kept.get(task.idx)?.id ?? null,
        queued_at: task.status === "queued" || task.status === "running" ? time : null,
        started_at: task.status === "running" || task.status === "waiting" ? time : null,
        finished_at: hasEnded(task.status) ? time : null,
      }),
    ),
  }
}
