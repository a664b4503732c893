import { runOutcome } from "#language/decide.ts"
import type { Plan } from "#language/plan.ts"
import { runEnded } from "../fact/fact.ts"
import { leaveGate } from "../gate/gate.ts"
import type { RunRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { tell, timeOf } from "../task/tell.ts"
import { answerOf, unanswered } from "./answer.ts"
import { runMoves } from "./moves.ts"

/** Ends those that have nothing open any more. */
export const endRuns = async (step: Step): Promise<void> => {
  const over = [...step.runs.values()].filter(
    ({ open, status }) => open === 0 && runMoves.open.includes(status),
  )
  for (const run of over) {
    const plan = planOfRun(step, run)
    if (plan?.outputs && outcomeOf(run).status === "completed") await answer(step, run, plan)
    endRun(step, run)
  }
}

const outcomeOf = ({ reason, bad }: RunRow) => {
  if (reason?.startsWith(unanswered)) return { status: "failed", reason } as const
  return runOutcome({ cancelled: reason === "cancelled", timed_out: reason === "timeout", failures: bad })
}

/** What can't be told fails the run. */
const answer = async (step: Step, run: RunRow, plan: Plan): Promise<void> => {
  const found = await answerOf(step, run, plan)
  if (found.ok) step.decided.waits.answered.push({ run, outputs: found.values })
  else run.reason = found.reason
}

const endRun = (step: Step, run: RunRow): void => {
  // What was cancelled while it was paused may have been put aside after that, by a claim that came to it.
  if (run.status === "paused") {
    step.decided.stopped.push(run)
    step.decided.waits.resumed.push(run.id)
  }
  const outcome = outcomeOf(run)
  run.status = outcome.status
  run.reason = outcome.reason ?? run.reason
  const { status, reason } = run
  step.decided.finished.push(run)
  leaveGate(step, run)
  if (run.trigger === "parent") step.decided.waits.told.push(run.id)
  step.decided.emissions.push(runEnded(run, { at: timeOf(step), status: outcome.status }))
  tell(step, { run, type: "workflow.completed", task: null, status, data: { reason } })
}
