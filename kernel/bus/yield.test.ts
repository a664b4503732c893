import { describe, expect, test } from "bun:test"
import { createRests, type Gauge } from "./yield.ts"

const today_ms = Date.parse("2026-11-22T12:00:00.000Z")
const told = (ago_ms: number) => ({ at: new Date(today_ms - ago_ms).toISOString() })

const going = () => new AbortController().signal

/** A clock that goes on by what is waited for; meanwhile the process is as busy as is said. */
const gaugeOf = (busy: () => number) => {
  const state = { now_ms: 1_000, used_ms: 0, waited_ms: 0 }
  const gauge: Gauge = {
    now_ms: () => state.now_ms,
    today_ms: () => today_ms,
    used_ms: () => state.used_ms,
    quiet_share: 0.25,
    wait: async (ms, signal) => {
      if (signal.aborted) return
      state.now_ms += ms
      state.waited_ms += ms
      state.used_ms += ms * busy()
    },
  }
  /** What was handled just now took so long. */
  const took = (ms: number) => ({ from_ms: state.now_ms - ms, oldest: told(100) })
  return { state, gauge, took }
}

describe("whoever yields", () => {
  test("has its share of the time while the process is busy, however long it took", async () => {
    const { state, gauge, took } = gaugeOf(() => 1)
    const rests = createRests({ share: 0.1, max_late_ms: 30_000, gauge })
    await rests.after(took(20), going())
    expect(state.waited_ms).toBe(180)
    await rests.after(took(100), going())
    expect(state.waited_ms).toBe(180 + 900)
    await rests.after(took(60_000), going())
    expect(state.waited_ms).toBe(180 + 900 + 2_000)
  })

  test("goes on when the process has had nothing else to do for a while, and for as long as that is so", async () => {
    const { state, gauge, took } = gaugeOf(() => {
      // What waits for its database for a moment isn't done.
      const isStalled = state.waited_ms > 50 && state.waited_ms <= 100
      return state.waited_ms > 200 || isStalled ? 0 : 1
    })
    const rests = createRests({ share: 0.1, max_late_ms: 30_000, gauge })
    await rests.after(took(100), going())
    expect(state.waited_ms).toBeGreaterThan(250)
    expect(state.waited_ms).toBeLessThan(300)
    const before = state.waited_ms
    for (let batch = 1; batch < 10; batch += 1) {
      await rests.after(took(100), going())
      expect(state.waited_ms).toBe(before + batch * 20)
    }
  })

  test("doesn't rest while it is too late", async () => {
    const { state, gauge, took } = gaugeOf(() => 1)
    const rests = createRests({ share: 0.1, max_late_ms: 30_000, gauge })
    await rests.after({ ...took(100), oldest: told(30_001) }, going())
    expect(state.waited_ms).toBe(0)
    await rests.after({ ...took(100), oldest: told(30_000) }, going())
    expect(state.waited_ms).toBe(900)
  })

  test("rests for all that was handled at the same time", async () => {
    const { state, gauge, took } = gaugeOf(() => 1)
    const rests = createRests({ share: 0.5, max_late_ms: 30_000, gauge })
    const both = [took(100), took(100)]
    await Promise.all(both.map((handled) => rests.after(handled, going())))
    expect(state.now_ms).toBeGreaterThanOrEqual(1_200)
  })

  test("ends its rest when it is to stop", async () => {
    const stopping = new AbortController()
    const { state, gauge, took } = gaugeOf(() => {
      if (state.waited_ms >= 50) stopping.abort()
      return 1
    })
    const rests = createRests({ share: 0.1, max_late_ms: 30_000, gauge })
    await rests.after(took(1_000), stopping.signal)
    expect(state.waited_ms).toBe(60)
  })
})
