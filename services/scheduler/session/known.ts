import type { SessionRow } from "../step/rows.ts"

type KnownSession = Pick<SessionRow, "queues">

/** Sessions as this process has seen them last. That one is alive still is for the database to say. */
export type Sessions = {
  get(id: string): KnownSession | undefined
  keep(id: string, session: KnownSession): void
  forget(id: string): void
}

const max_sessions = 1_000

export const createSessions = (): Sessions => {
  const kept = new Map<string, KnownSession>()
  return {
    get: (id) => kept.get(id),
    keep(id, session) {
      const oldest = kept.keys().next()
      if (kept.size >= max_sessions && !oldest.done) kept.delete(oldest.value)
      kept.set(id, session)
    },
    forget(id) {
      kept.delete(id)
    },
  }
}
