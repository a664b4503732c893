import { runId } from "#language/run-id.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { anybody } from "#services/scheduler/lane/taker.ts"
import type { KnownFact } from "#services/scheduler/memory/changes.ts"
import { createDatabase, type MemoryDatabase, type Session } from "#services/scheduler/memory/database.ts"
import { createMemoryEngine } from "#services/scheduler/memory/engine.ts"
import { createLife } from "#services/scheduler/memory/life.ts"
import { createTables, epoch_ms, type Tables } from "#services/scheduler/memory/tables.ts"
import { createSkippedClock, type SkippedClock } from "./clock.ts"
import type { TestRun } from "./options.ts"

export type Told = KnownFact & { readonly at_ms: number }

/** What a test's run stands on: the scheduler's engine over rows in memory. */
export type Bench = {
  /** Counts from the database's epoch. */
  readonly clock: SkippedClock
  readonly tables: Tables
  readonly engine: Engine
  /** All that was told of the runs, in its order. */
  readonly told: Told[]
  readonly workspace_id: string
  readonly session_id: string
  newRunId(): string
  transact<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer>
}

const default_start = "2026-01-01T00:00:00Z"
export const workspace_id = "00000000-0000-7000-8000-000000000001"
const session_id = "00000000-0000-7000-8000-000000000002"

export const dateOf = (time_ms: number): Date => new Date(epoch_ms + time_ms)

export const createBench = ({ at = default_start, random = () => 0.5 }: TestRun): Bench => {
  const start_ms = new Date(at).getTime()
  if (Number.isNaN(start_ms)) throw new TypeError(`at: ${String(at)} is no time like ${default_start}`)
  const clock = createSkippedClock(start_ms - epoch_ms)
  const [tables, life, told] = [createTables(), createLife(), [] as Told[]]
  tables.sessions.set(session_id, {
    ...anybody,
    id: session_id,
    lease_until_ms: Number.POSITIVE_INFINITY,
    ended: false,
  })
  const database: MemoryDatabase = createDatabase({
    tables,
    now: clock.now_ms,
    trip: () => Promise.resolve(),
    ending: () => "well",
    kill: () => undefined,
    committed: ({ facts }) => told.push(...facts.map((fact) => ({ ...fact, at_ms: clock.now_ms() }))),
  })
  const id = createId()
  const kit = { now: () => dateOf(clock.now_ms()), id, random }
  return {
    ...{ clock, tables, told, workspace_id, session_id },
    engine: createMemoryEngine({ database, life, kit, publish: () => undefined }),
    newRunId: () => runId(id()),
    transact: (work) => database.tx(life, work),
  }
}

/** The same ones in every test. */
const createId = () => {
  let count = 2
  return () => {
    count += 1
    return `00000000-0000-7000-8000-${count.toString(16).padStart(7, "0")}00000`
  }
}
