import { Problem } from "#kernel/problem/problem.ts"
import {
  createDatabase,
  type Ending,
  type MemoryDatabase,
  Unknown,
} from "#services/scheduler/memory/database.ts"
import type { Life } from "#services/scheduler/memory/life.ts"
import { Aborted } from "#services/scheduler/memory/locks.ts"
import { createTables, type Tables } from "#services/scheduler/memory/tables.ts"
import { type Chance, createChance } from "./chance.ts"
import { createLedger, type Ledger } from "./checks/ledger.ts"
import { type Clock, createClock } from "./clock.ts"

/** All that one simulation stands on. */
export type World = {
  readonly seed: number
  readonly chance: Chance
  readonly clock: Clock
  readonly tables: Tables
  readonly database: MemoryDatabase
  readonly ledger: Ledger
  /** Whether anything goes wrong at present. */
  readonly weather: { rough: boolean }
  /** Of what is not to run twice the attempts that workers have begun, and those that have failed by themselves. */
  readonly once: { readonly begun: Map<string, bigint>; readonly failed: Set<bigint> }
  /** What to do when a process is killed, besides. */
  readonly deaths: Map<Life, () => void>
  readonly failures: unknown[]
  trace(line: () => string): void
  /** A fresh id, in order of time. */
  id(): string
  kill(life: Life, how: string): void
  /** Stops a process for a while, as SIGSTOP does. */
  stop(life: Life, wait_ms: number): void
  /** Refusals and broken connections are a part of life; whatever else is thrown is a bug. */
  expected(error: unknown): void
}

/** How often a commit ends badly while things go wrong. */
const endings: readonly (readonly [Ending, number])[] = [
  ["dies before", 0.004],
  ["dies after", 0.004],
  ["breaks before", 0.006],
  ["breaks after", 0.006],
]

/** The server ends a transaction that takes longer. */
const max_transaction_ms = 5_000

const createId = (clock: Clock) => {
  let count = 0
  return () => {
    count += 1
    const time = (0x198c0de0000 + Math.floor(clock.now())).toString(16).padStart(12, "0")
    const number = count.toString(16).padStart(7, "0")
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}00000`
  }
}

export const createWorld = (seed: number, write: ((line: string) => void) | undefined): World => {
  const [chance, clock, tables] = [createChance(seed), createClock(), createTables()]
  const failures: unknown[] = []
  const ledger = createLedger(tables, clock)
  const world: World = {
    ...{ seed, chance, clock, tables, ledger, failures },
    weather: { rough: true },
    deaths: new Map(),
    once: { begun: new Map(), failed: new Set() },
    database: createDatabase({
      tables,
      now: clock.now,
      trip: (life) => clock.sleep(trip(chance), life),
      ending: () => endingOf(world),
      kill: (life) => world.kill(life, "while it commits"),
      committed: ledger.committed,
    }),
    trace: (line) => write?.(`${(clock.now() / 1000).toFixed(3).padStart(8)}  ${line()}`),
    id: createId(clock),
    kill(life, how) {
      if (!life.alive) return
      life.alive = false
      world.trace(() => `killed ${how}`)
      world.database.rollBack(life)
      world.deaths.get(life)?.()
    },
    stop(life, wait_ms) {
      life.stopped_until_ms = clock.now() + wait_ms
      if (wait_ms > max_transaction_ms) clock.in(max_transaction_ms, () => world.database.rollBack(life))
    },
    expected(error) {
      if (error instanceof Problem || error instanceof Aborted || error instanceof Unknown) return
      failures.push(error)
    },
  }
  return world
}

const trip = (chance: Chance): number =>
  chance.happens(0.03) ? chance.between(20, 300) : chance.random() * 4

const endingOf = ({ weather, chance }: World): Ending => {
  if (!weather.rough) return "well"
  let point = chance.random()
  for (const [ending, share] of endings) {
    if (point < share) return ending
    point -= share
  }
  return "well"
}
