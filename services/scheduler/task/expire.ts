import { leaveGate } from "../gate/gate.ts"
import type { TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tellEnded } from "./tell-ended.ts"

const too_long = { code: "queue.timeout", message: "It waited in its queue longer than it may." } as const

/** Ends what waited too long for a worker. */
export const expire = (step: Step, task: TaskRow): void => {
  const status = task.run_id === null ? "dead_letter" : "failed"
  // It may have been tried before: that has been told.
  Object.assign(task, { status, reason: too_long.code, started_at: null })
  const settlement = { task_run_id: task.id, token: expired, outcome: "failed", error: too_long } as const
  const ended = { task, settlement, token: `${expired}.${step.id()}`, delay_ms: null, error: too_long }
  step.decided.expired.push(ended)
  leaveGate(step, task)
  tellEnded(step, ended)
}

const expired = "expired"
