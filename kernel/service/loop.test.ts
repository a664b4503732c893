import { afterEach, describe, expect, test } from "bun:test"
import type { Log } from "#kernel/telemetry/log.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { loop, type Work } from "./loop.ts"

const loops: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of loops.splice(0)) await one.stop()
})

const given = (round: Work["round"], more: Partial<Work> = {}) => {
  const made = loop({ name: "test", round, idle_ms: 60_000, log: silentLog, ...more })
  loops.push(made)
  return made
}

test("begins with a round at once, and goes on while there is more to do", async () => {
  let rounds = 0
  given(async () => {
    rounds += 1
    return rounds < 50
  }).start()
  await until("all is done", () => rounds === 50)
})

test("started twice runs once", async () => {
  let [running, most] = [0, 0]
  const one = given(
    async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return true
    },
    { idle_ms: 0 },
  )
  one.start()
  one.start()
  await until("it ran", () => most > 0)
  expect(most).toBe(1)
})

test("waking ends a rest, also one that is about to begin", async () => {
  let rounds = 0
  const one = given(async () => {
    rounds += 1
    if (rounds === 1) one.wake()
    return false
  })
  one.start()
  await until("the second round", () => rounds === 2)
  one.wake()
  await until("the third round", () => rounds === 3)
})

describe("stopping", () => {
  test("waits for the round in hand, which is told of it", async () => {
    const work = Promise.withResolvers<void>()
    let told: AbortSignal | undefined
    let done = false
    const one = given(async (signal) => {
      told = signal
      await work.promise
      done = true
      return true
    })
    one.start()
    await until("a round is in hand", () => told)
    const stopped = one.stop()
    expect([told?.aborted, done]).toEqual([true, false])
    work.resolve()
    await stopped
    expect(done).toBe(true)
  })

  test("ends a rest at once, and may be done twice", async () => {
    let rounds = 0
    const one = given(async () => {
      rounds += 1
      return false
    })
    one.start()
    await until("it rests", () => rounds === 1)
    await Promise.all([one.stop(), one.stop()])
    await one.stop()
    expect(rounds).toBe(1)
  })

  test("before the start leaves nothing to start", async () => {
    let rounds = 0
    const one = given(async () => {
      rounds += 1
      return false
    })
    await one.stop()
    one.start()
    await one.stop()
    expect(rounds).toBe(0)
  })
})

describe("a round that fails", () => {
  const failing = (times: number, facts: Record<string, unknown>[]) => {
    const log: Log = { ...silentLog, warn: (fact) => void facts.push(fact) }
    let rounds = 0
    const one = given(
      async () => {
        rounds += 1
        if (rounds <= times) throw new Error("away")
        return false
      },
      { log, idle_ms: 1, max_backoff_ms: 4 },
    )
    one.start()
    return { one, rounds: () => rounds }
  }

  test("is tried again and again, and each failure is told with its number", async () => {
    const facts: Record<string, unknown>[] = []
    const { rounds } = failing(6, facts)
    await until("it works again", () => rounds() > 8)
    expect(facts.map(({ event, loop: name, failures }) => [event, name, failures])).toEqual(
      [1, 2, 3, 4, 5, 6].map((failures) => ["loop.failed", "test", failures]),
    )
  })

  test("does not keep the loop from stopping", async () => {
    const { one, rounds } = failing(Number.POSITIVE_INFINITY, [])
    await until("it fails", () => rounds() > 2)
    await one.stop()
  })
})
