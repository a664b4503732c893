import type { Engine } from "../engine.ts"
import { passGates } from "../gate/pass.ts"
import type { Room } from "../lane/share.ts"
import { perform } from "../step/perform.ts"
import type { Step } from "../step/step.ts"
import type { Attempt } from "./attempt.ts"
import { claimIn } from "./claim.ts"
import { handOver } from "./hand-over.ts"
import { settle } from "./settle.ts"
import type { Settlement, Verdict } from "./verdict.ts"

export type Report = {
  readonly session_id: string
  readonly settlements: readonly Settlement[]
  /** What the worker has room for, what ends with this report included. */
  readonly room: Room
}

export type Reported = { readonly verdicts: readonly Verdict[]; readonly attempts: readonly Attempt[] }

/** Settles attempts and, in the same transaction, hands the worker its next ones. */
export const reportTasks =
  (engine: Engine) =>
  async (report: Report): Promise<Reported> => {
    const { answer, attempts } = await perform(engine, (step) => settleAndClaim(engine, step, report))
    return { verdicts: answer, attempts }
  }

const settleAndClaim = async (engine: Engine, step: Step, { session_id, settlements, room }: Report) => {
  const [session, verdicts] = await Promise.all([
    step.rows.session(session_id),
    settle(engine, step, settlements),
  ])
  // That the session has ended must not undo the report.
  if (!session) return verdicts
  step.holder = { session_id, token: session.token }
  // What gets a free place may go to this worker at once.
  await passGates(engine, step)
  engine.lanes.note(step.decided.admitted)
  const left = handOver(engine, step, { session, room })
  await claimIn(engine, step, { session, room: left })
  return verdicts
}
