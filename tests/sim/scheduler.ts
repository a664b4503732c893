import type { Engine } from "#services/scheduler/engine.ts"
import type { Taker } from "#services/scheduler/lane/taker.ts"
import { lockDue, removeTimers } from "#services/scheduler/memory/due.ts"
import { createMemoryEngine } from "#services/scheduler/memory/engine.ts"
import { createLife, type Life } from "#services/scheduler/memory/life.ts"
import { epoch_ms } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import { compareHeld, type Heartbeat } from "#services/scheduler/session/heartbeat.ts"
import { type HeldAttempt, takeBack } from "#services/scheduler/session/held.ts"
import { sweepWith } from "#services/scheduler/session/sweep.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import type { Attempt } from "#services/scheduler/task/attempt.ts"
import { type Claim, claimTasks } from "#services/scheduler/task/claim.ts"
import { type Report, type Reported, reportTasks } from "#services/scheduler/task/report.ts"
import { fire } from "#services/scheduler/timer/fire.ts"
import { beginChildren } from "./begin.ts"
import { sessionsOf } from "./store/sessions.ts"
import type { World } from "./world.ts"

/** One process of the scheduler: what it has in memory is its own, the database is everybody's. */
export type Scheduler = {
  readonly name: string
  readonly life: Life
  readonly engine: Engine
  openSession(session_id: string, taker: Taker): Promise<void>
  closeSession(session_id: string): Promise<void>
  claim(claim: Claim): Promise<readonly Attempt[]>
  heartbeat(beat: Heartbeat): Promise<readonly HeldAttempt[]>
  report(report: Report): Promise<Reported>
}

const sweep_ms = 1_000
const timer_ms = 250
const max_age_ms = 200

export const createScheduler = (world: World, name: string): Scheduler => {
  const life = createLife()
  const engine = createEngine(world, life)
  const sessions = sessionsOf(world.database, life)
  const refresh = refreshing(world, { life, engine, name })
  const claim = claimTasks(engine)
  const report = reportTasks(engine)
  const scheduler: Scheduler = {
    ...{ name, life, engine, openSession: sessions.open },
    async closeSession(session_id) {
      await sessions.end(session_id)
      await takeBack(engine, await sessions.attemptsOf(session_id), "released")
    },
    async claim(wanted) {
      await refresh()
      return engine.seats.serve(wanted, () => claim(wanted))
    },
    async report(results) {
      await refresh()
      return report(results)
    },
    async heartbeat(beat) {
      await sessions.touch(beat.session_id)
      const { answer_lost, stop } = compareHeld(beat, await sessions.attemptsOf(beat.session_id))
      await takeBack(engine, answer_lost, "unheard")
      return stop
    },
  }
  const loop = looping(world, life)
  loop(sweep_ms, sweepWith(engine, sessions.sweep))
  loop(timer_ms, () => fireTimers(world, { life, engine, name }))
  return scheduler
}

type Process = { readonly life: Life; readonly engine: Engine; readonly name: string }

const createEngine = (world: World, life: Life): Engine => {
  const { clock, chance, database, ledger } = world
  // Its clock is wrong: nothing may rest on it.
  const skew_ms = chance.between(-20_000, 20_000)
  return createMemoryEngine({
    ...{ database, life },
    kit: {
      now: () => new Date(epoch_ms + clock.now() + skew_ms),
      id: world.id,
      random: chance.random,
    },
    publish: ({ id }, news) => ledger.published(id, news),
  })
}

/** What `lane/refresh.ts` does. */
const refreshing = ({ clock, tables }: World, { life, engine }: Process) => {
  let looked_ms = Number.NEGATIVE_INFINITY
  return async (): Promise<void> => {
    if (clock.now() - looked_ms < max_age_ms) return
    await clock.sleep(1, life)
    engine.lanes.note(tables.ready.values())
    engine.queues.replace([...tables.queues.values()].map((queue) => ({ ...queue, rate_limit: null })))
    looked_ms = clock.now()
  }
}

const looping =
  ({ clock, expected }: World, life: Life) =>
  (idle_ms: number, round: () => Promise<boolean>): void => {
    const next = async (): Promise<void> => {
      const more = await round().catch(expected)
      clock.in(more === true ? 1 : idle_ms, () => void next(), life)
    }
    clock.in(idle_ms, () => void next(), life)
  }

const fireTimers = async (world: World, { life, engine, name }: Process): Promise<boolean> => {
  const { database, clock } = world
  const now_ms = clock.now()
  if (![...database.tables.timers.values()].some(({ due_ms }) => due_ms <= now_ms)) return false
  await database.tx(life, async (session) => {
    const due = await lockDue(session)
    const { answer } = await performOn(engine, transactionIn(session), async (step) => {
      const done = await fire(engine, step, due)
      return { done, ...step.decided.waits }
    })
    await beginChildren(world, { name, engine }, { session, asked: answer.children })
    removeTimers(session, answer.done)
  })
  return false
}
