import { type Changes, createChanges } from "./changes.ts"
import type { Life } from "./life.ts"
import { Aborted, createLocks, type Holder, type Locks } from "./locks.ts"
import type { StoredTask, Tables } from "./tables.ts"

/** The connection broke while it was committed: nobody knows whether it was. */
export class Unknown extends Error {}

/** How a commit goes: mostly well, and sometimes the process dies or the connection breaks before it, or after it. */
export type Ending = "well" | "dies before" | "dies after" | "breaks before" | "breaks after"

export type Surroundings = {
  readonly tables: Tables
  readonly now: () => number
  /** A round trip to the database. */
  trip(life: Life): Promise<void>
  ending(life: Life): Ending
  kill(life: Life): void
  committed(changes: Changes): void
}

/** One transaction: its statements one after the other, its writes all at its commit. */
export type Session = Omit<Holder, "over"> & {
  readonly tables: Tables
  readonly locks: Locks
  readonly life: Life
  readonly begun_ms: number
  over: boolean
  /** Of a statement that nobody waited for. */
  failure: Error | undefined
  readonly writes: ((changes: Changes) => void)[]
  readonly after: (() => void)[]
  /** Tasks that this transaction inserts, for those of its own reads that come after. */
  readonly fresh: Map<string, StoredTask>
  statement<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer>
  now(): number
}

export type MemoryDatabase = {
  readonly tables: Tables
  tx<Answer>(life: Life, work: (session: Session) => Promise<Answer>): Promise<Answer>
  /** What a process leaves open when it dies, or is away for too long, is rolled back. */
  rollBack(life: Life): void
}

const max_tries = 3

const passing: ReadonlySet<string> = new Set(["deadlock", "moved on"])

export const createDatabase = (around: Surroundings): MemoryDatabase => {
  const locks = createLocks()
  const sessions = new Set<Session>()

  const end = (session: Session) => {
    session.over = true
    sessions.delete(session)
    locks.release(session)
  }

  const apply = (session: Session) => {
    const { tables, begun_ms: at_ms, held } = session
    const changes = createChanges({ tables, at_ms, now_ms: around.now(), held, life: session.life })
    for (const write of session.writes) write(changes)
    around.committed(changes)
    end(session)
  }

  const commit = async (session: Session): Promise<void> => {
    const { life } = session
    await session.statement(() => {
      const ending = around.ending(life)
      const isBefore = ending === "dies before" || ending === "breaks before"
      if (isBefore) end(session)
      else apply(session)
      if (ending.startsWith("dies")) around.kill(life)
      if (ending.startsWith("breaks")) throw new Unknown(ending)
    })
    // Its answer is under way: not even this reaches a process that is dead by then.
    await around.trip(life)
  }

  const once = async <Answer>(life: Life, work: (session: Session) => Promise<Answer>): Promise<Answer> => {
    const session = openSession(around, locks, life)
    sessions.add(session)
    try {
      const answer = await work(session)
      await commit(session)
      for (const act of session.after) act()
      return answer
    } finally {
      end(session)
    }
  }

  return {
    tables: around.tables,
    tx: (life, work) => again(() => once(life, work)),
    rollBack(life) {
      for (const session of [...sessions]) if (session.life === life) end(session)
    },
  }
}

const again = async <Answer>(attempt: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      const isPassing = error instanceof Aborted && passing.has(error.message)
      if (!isPassing || tries >= max_tries) throw error
    }
  }
}

const openSession = (around: Surroundings, locks: Locks, life: Life): Session => {
  let line: Promise<unknown> = Promise.resolve()
  const session: Session = {
    ...{
      held: new Set<string>(),
      waiting: undefined,
      over: false,
      failure: undefined,
      writes: [],
      after: [],
      fresh: new Map<string, StoredTask>(),
    },
    ...{ tables: around.tables, locks, life, begun_ms: around.now(), now: around.now },
    statement(work) {
      const answer = line.then(async () => {
        await around.trip(life)
        if (session.over) throw new Aborted("rolled back")
        if (session.failure) throw session.failure
        return work()
      })
      line = answer.catch(() => undefined)
      return answer
    },
  }
  return session
}
