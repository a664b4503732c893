import { Problem } from "#kernel/problem/problem.ts"
import { lease_ms } from "#services/scheduler/engine.ts"
import type { Taker } from "#services/scheduler/lane/taker.ts"
import type { Session as DatabaseSession, MemoryDatabase } from "#services/scheduler/memory/database.ts"
import type { Life } from "#services/scheduler/memory/life.ts"
import { runningUnder, type Tables } from "#services/scheduler/memory/tables.ts"
import type { RunningAttempt } from "#services/scheduler/session/held.ts"
import type { Sweep } from "#services/scheduler/session/sweep.ts"

const outage_ms = 5_000
const grace_ms = 15_000

/** What `session/*.ts` does with the sessions' rows; each is one statement, so one transaction. */
export type Sessions = {
  open(session_id: string, taker: Taker): Promise<void>
  end(session_id: string): Promise<void>
  /** Prolongs the lease. */
  touch(session_id: string): Promise<void>
  attemptsOf(session_id: string): Promise<readonly RunningAttempt[]>
  readonly sweep: Sweep
}

export const sessionsOf = (database: MemoryDatabase, life: Life): Sessions => {
  const read = <Answer>(work: (session: DatabaseSession) => Answer): Promise<Answer> =>
    database.tx(life, (session) => session.statement(() => work(session)))
  // Rows that nobody else locks: changed as the statement runs, and committed with it.
  const write = <Answer>(work: (tables: Tables, now_ms: number) => Answer): Promise<Answer> =>
    read(({ tables, begun_ms }) => work(tables, begun_ms))
  return {
    open: (id, taker) => write((tables, now_ms) => openSession(tables, { id, taker, now_ms })),
    end: (session_id) =>
      write((tables) => {
        const session = tables.sessions.get(session_id)
        if (session) session.ended = true
      }),
    touch: (session_id) =>
      write((tables, now_ms) => {
        const session = tables.sessions.get(session_id)
        if (!session || session.ended) throw new Problem("session.ended")
        session.lease_until_ms = now_ms + lease_ms
      }),
    attemptsOf: (session_id) =>
      read(({ tables, begun_ms }) =>
        [...tables.claims.values()].flatMap((claim) => {
          if (claim.session_id !== session_id) return []
          const age_ms = begun_ms - claim.claimed_ms
          return runningUnder(tables, claim).map(({ id, token, cancel }) => ({
            ...{ task_run_id: id, token: token ?? "", cancel, age_ms },
          }))
        }),
      ),
    sweep: {
      note: () => write(noteSweep),
      endExpired: () => write(endExpired),
      lostAttempts: () => write(lostAttempts),
    },
  }
}

type Opening = { readonly id: string; readonly taker: Taker; readonly now_ms: number }

const openSession = (tables: Tables, { id, taker, now_ms }: Opening): void => {
  if (tables.sessions.has(id)) return
  tables.sessions.set(id, { ...taker, id, lease_until_ms: now_ms + lease_ms, ended: false })
}

const noteSweep = ({ sweep }: Tables, now_ms: number): boolean => {
  if (now_ms - sweep.last_ms > outage_ms) sweep.reap_after_ms = now_ms + grace_ms
  sweep.last_ms = now_ms
  return sweep.reap_after_ms <= now_ms
}

const endExpired = ({ sessions }: Tables, now_ms: number) => {
  const expired = [...sessions.values()].filter((one) => !one.ended && one.lease_until_ms < now_ms)
  for (const session of expired) session.ended = true
  return expired.map(({ id }) => ({ id, name: id }))
}

const lostAttempts = (tables: Tables) =>
  [...tables.claims.values()]
    .filter(({ session_id }) => tables.sessions.get(session_id)?.ended !== false)
    .flatMap((claim) => {
      const running = runningUnder(tables, claim)
      if (running.length === 0) tables.claims.delete(claim.token)
      return running.map(({ id, token }) => ({ task_run_id: id, token: token ?? "" }))
    })
