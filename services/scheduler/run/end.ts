import { derivedId } from "#kernel/outbox/derived-id.ts"
import { runOutcome } from "#language/decide.ts"
import { leaveGate } from "../gate/gate.ts"
import type { RunRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tell } from "../task/tell.ts"
import { runMoves } from "./moves.ts"

/** Ends those that have nothing open any more. */
export const endRuns = (step: Step): void => {
  for (const run of step.runs.values()) {
    if (run.open === 0 && runMoves.open.includes(run.status)) endRun(step, run)
  }
}

const endRun = (step: Step, run: RunRow): void => {
  const cancelled = run.reason === "cancelled"
  const timed_out = run.reason === "timeout"
  // What was cancelled while it was paused may have been put aside after that, by a claim that came to it.
  if (run.status === "paused") {
    step.decided.stopped.push(run)
    step.decided.waits.resumed.push(run.id)
  }
  const outcome = runOutcome({ cancelled, timed_out, failures: run.bad })
  run.status = outcome.status
  run.reason = outcome.reason ?? run.reason
  const { id, workspace_id, workflow, version, status, reason, started_at } = run
  step.decided.finished.push(run)
  leaveGate(step, run)
  const finished_at = step.now.toISOString()
  step.decided.emissions.push({
    type: "workflow.completed",
    id: derivedId(id, "workflow.completed"),
    key: id,
    traceparent: run.traceparent ?? undefined,
    data: {
      ...{ run_id: id, workspace_id, workflow, version, reason, started_at, finished_at },
      status: outcome.status,
    },
  })
  tell(step, { run, type: "workflow.completed", task: null, status, data: { reason } })
}
