import type { TaskRow } from "../step/rows.ts"
import type { Ended, Step } from "../step/step.ts"
import { tellEnded } from "../task/tell-ended.ts"

type End = {
  readonly status: "completed" | "failed"
  readonly outputs?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: string; readonly message: string }
  /** The task run whose result it takes over. */
  readonly reused_from?: string
}

/** Ends a task that no worker runs. A task waits once, so what is told of its end has an id of its own. */
export const endWait = (
  step: Step,
  task: TaskRow,
  { status, outputs = {}, error, reused_from }: End,
): void => {
  Object.assign(task, {
    status,
    reason: error?.code ?? (reused_from === undefined ? null : "cached"),
    needs_left: 0,
  })
  step.decided.counted.delete(task)
  const ended: Ended = {
    ...{ task, token: "wait", delay_ms: null, error: error ?? null },
    ...(reused_from !== undefined && { reused_from }),
    settlement: {
      ...{ task_run_id: task.id, token: "wait", outcome: status, outputs },
      ...(error && { error }),
    },
  }
  step.decided.waits.ended.push(ended)
  tellEnded(step, ended)
}
