import { afterAll, beforeAll, expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { createChance } from "../sim/chance.ts"
import { nextDeed } from "./deeds.ts"
import { type Adapter, type Ground, plain } from "./ground.ts"
import { memoryAdapter } from "./memory-ground.ts"
import { postgresAdapter } from "./postgres-ground.ts"
import type { Walk } from "./walk.ts"
import { takers } from "./work-deeds.ts"

const { SEED, SEEDS = "25" } = process.env
const [steps, max_ms] = [60, 120_000]

let postgres: Adapter

beforeAll(async () => {
  postgres = await postgresAdapter()
})

afterAll(() => postgres.close())

/** What somebody is told: an answer, or why there is none. */
const outcomeOf = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return plain({ answer: await work() })
  } catch (error) {
    if (error instanceof Problem) return { problem: error.code }
    throw error
  }
}

const same = async (
  grounds: readonly [Ground, Ground],
  when: string,
  work: (ground: Ground) => Promise<unknown>,
) => {
  const [one, other] = [await outcomeOf(() => work(grounds[0])), await outcomeOf(() => work(grounds[1]))]
  // Memory is held against what PostgreSQL says.
  expect({ ...(one as object), when }, when).toEqual({ ...(other as object), when })
}

const walk = async (seed: number): Promise<void> => {
  const memory = await memoryAdapter.open()
  const grounds = [memory, await postgres.open()] as const
  for (const [session_id, taker] of Object.entries(takers))
    for (const ground of grounds) await ground.openSession(session_id, taker)
  const walking: Walk = { chance: createChance(seed), tables: memory.tables, made: 0 }
  for (let step = 1; step <= steps; step++) {
    const deed = nextDeed(walking, seed)
    const when = `SEED=${seed}, step ${step}: ${deed.name}`
    await same(grounds, when, deed.act)
    await same(grounds, `${when}: rows`, (ground) => ground.kept())
  }
}

const seeds =
  SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)]

test.each(seeds)("whatever is done, rows in memory are those of PostgreSQL: seed %d", walk, max_ms)
