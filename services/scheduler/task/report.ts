import { kindOf, type SlotKind } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import { passGates } from "../gate/pass.ts"
import { eachKind, type Room } from "../lane/share.ts"
import type { Taker } from "../lane/taker.ts"
import { type Recalled, recall } from "../run/load.ts"
import type { TakenSeat } from "../session/seats.ts"
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
  async (given: Report): Promise<Reported> => {
    const seats: TakenSeat[] = []
    const report = { ...given, seats }
    try {
      const { answer, attempts } = await engine.precedence.settling(given.settlements.length, () =>
        perform(engine, (step) => settleAndClaim(engine, step, report)),
      )
      return { verdicts: answer, attempts: await attempts() }
    } finally {
      for (const seat of seats) seat.spend()
    }
  }

/** With the worker's claims whose room was used, too: they come back empty then. */
type Reporting = Report & { readonly seats: TakenSeat[] }

/** A second try finds what was thought to be known forgotten, and reads it. */
const settleAndClaim = (engine: Engine, step: Step, report: Reporting): Promise<readonly Verdict[]> => {
  const { session_id, settlements } = report
  const session = engine.sessions.get(session_id)
  const recalled = session && recall(engine, settlements)
  return session && recalled
    ? settleRecalled(engine, step, { ...report, recalled, session })
    : settleRead(engine, step, report)
}

type KnownReport = Reporting & { readonly recalled: Recalled; readonly session: Taker }

const settleRecalled = async (
  engine: Engine,
  step: Step,
  { recalled, session, ...report }: KnownReport,
): Promise<readonly Verdict[]> => {
  const { session_id, settlements } = report
  const { runs } = recalled
  holdFor(engine, step, { session_id, runs: runs.map(({ id, revision }) => ({ id, revision })) })
  const verdicts = await settleKnown(engine, step, { recalled, settlements })
  await giveNext(engine, step, { ...report, session })
  return verdicts
}

const settleRead = async (engine: Engine, step: Step, report: Reporting): Promise<readonly Verdict[]> => {
  const { session_id, settlements } = report
  const [session, verdicts] = await Promise.all([
    step.rows.session(session_id),
    settle(engine, step, settlements),
  ])
  // That the session has ended must not undo the report.
  if (!session) return verdicts
  engine.sessions.keep(session_id, session)
  step.holder = { session_id, token: session.token }
  await giveNext(engine, step, { ...report, session })
  return verdicts
}

type Worker = Omit<Reporting, "settlements"> & { readonly session: Taker }

/** What gets a free place may go to this worker at once. */
const giveNext = async (engine: Engine, step: Step, worker: Worker): Promise<void> => {
  const { session_id, session } = worker
  await passGates(engine, step)
  engine.lanes.note(step.decided.admitted)
  const room = roomFor(engine, step, worker)
  const unserved = engine.seats.unserved({ session_id, room })
  await claimIn(engine, step, handOver(engine, step, { session, room, unserved }))
}

/** More than a report makes room for is for the worker's claims that wait, as far as they have room. */
const roomFor = (engine: Engine, step: Step, { session_id, room, seats }: Worker): Room => {
  const wanted = Map.groupBy(step.decided.released, ({ slot }) => kindOf(slot))
  const roomOf = (count: number, kind: SlotKind) => seats.reduce((sum, seat) => sum + seat.room[kind], count)
  for (const [kind, tasks] of wanted) {
    while (tasks.length > roomOf(room[kind], kind)) {
      const seat = engine.seats.takeOf(session_id, kind)
      if (!seat) break
      seats.push(seat)
    }
  }
  return eachKind(room, roomOf)
}
