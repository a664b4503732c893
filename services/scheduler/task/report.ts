import type { Engine } from "../engine.ts"
import { passGates } from "../gate/pass.ts"
import { eachKind, type Room } from "../lane/share.ts"
import { type Recalled, recall } from "../run/load.ts"
import { perform } from "../step/perform.ts"
import type { Step } from "../step/step.ts"
import type { Attempt } from "./attempt.ts"
import { claimIn } from "./claim.ts"
import { handOver, holdFor } from "./hand-over.ts"
import { settle, settleKnown } from "./settle.ts"
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
    return { verdicts: answer, attempts: await attempts() }
  }

/** A second try finds what was thought to be known forgotten, and reads it. */
const settleAndClaim = (engine: Engine, step: Step, report: Report): Promise<readonly Verdict[]> => {
  const { session_id, settlements } = report
  const session = engine.sessions.get(session_id)
  const recalled = session && recall(engine, settlements)
  return session && recalled
    ? settleRecalled(engine, step, { ...report, recalled, queues: session.queues })
    : settleRead(engine, step, report)
}

type KnownReport = Report & { readonly recalled: Recalled; readonly queues: readonly string[] }

const settleRecalled = async (
  engine: Engine,
  step: Step,
  { session_id, settlements, room, recalled, queues }: KnownReport,
): Promise<readonly Verdict[]> => {
  const { runs } = recalled
  holdFor(engine, step, { session_id, runs: runs.map(({ id, revision }) => ({ id, revision })) })
  const verdicts = await settleKnown(engine, step, { recalled, settlements })
  await giveNext(engine, step, { session_id, queues, room })
  return verdicts
}

const settleRead = async (
  engine: Engine,
  step: Step,
  { session_id, settlements, room }: Report,
): Promise<readonly Verdict[]> => {
  const [session, verdicts] = await Promise.all([
    step.rows.session(session_id),
    settle(engine, step, settlements),
  ])
  // That the session has ended must not undo the report.
  if (!session) return verdicts
  engine.sessions.keep(session_id, session)
  step.holder = { session_id, token: session.token }
  await giveNext(engine, step, { session_id, queues: session.queues, room })
  return verdicts
}

type Worker = { readonly session_id: string; readonly queues: readonly string[]; readonly room: Room }

/** What gets a free place may go to this worker at once. */
const giveNext = async (engine: Engine, step: Step, worker: Worker): Promise<void> => {
  const { queues, room } = worker
  await passGates(engine, step)
  engine.lanes.note(step.decided.admitted)
  const unserved = engine.seats.unserved(worker)
  const left = handOver(engine, step, { session: { queues }, room, unserved })
  await claimIn(engine, step, {
    session: { queues },
    room: eachKind(left, (count, slot) => Math.min(count, unserved[slot])),
  })
}
