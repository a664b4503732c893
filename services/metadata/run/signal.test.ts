import { expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { createRunSignal } from "./signal.ts"

const never = 1_000_000
const { signal: unaborted } = new AbortController()

const waiting = (given: { readonly count: number; readonly look_ms: number; readonly scope?: string }) => {
  const moved = createRunSignal()
  const woken: number[] = []
  const { look_ms, scope = "all" } = given
  for (let index = 0; index < given.count; index += 1) {
    const wait = { look_ms, wait_ms: never, signal: unaborted }
    void moved.next({ run_id: "run", scope }, wait).then(() => woken.push(index))
  }
  return { moved, woken }
}

test("a fire wakes all who follow the run, whatever of it, and nobody else", async () => {
  const { moved, woken } = waiting({ count: 3, look_ms: never })
  let other = false
  const wait = { look_ms: never, wait_ms: never, signal: unaborted }
  const same_run = moved.next({ run_id: "run", scope: "task" }, wait)
  void moved.next({ run_id: "other", scope: "all" }, wait).then(() => {
    other = true
  })
  const before = moved.generation()
  moved.fire("run")
  await same_run
  expect(woken).toEqual([0, 1, 2])
  expect(other).toBe(false)
  expect(moved.generation()).toBe(before + 1)
})

test("without a fire they look one after the other, not all at once", async () => {
  const { moved, woken } = waiting({ count: 3, look_ms: 40 })
  await until("the first", () => woken.length > 0)
  expect(woken).toEqual([0])
  await until("all of them", () => woken.length === 3)
  expect(woken).toEqual([0, 1, 2])
  moved.fire("run")
})

test("one waits no longer than it wants to, nor after it has left", async () => {
  const moved = createRunSignal()
  const leaving = new AbortController()
  const followed = { run_id: "run", scope: "all" }
  await moved.next(followed, { look_ms: never, wait_ms: 5, signal: leaving.signal })
  const left = moved.next(followed, { look_ms: never, wait_ms: never, signal: leaving.signal })
  leaving.abort()
  await left
  await moved.next(followed, { look_ms: never, wait_ms: never, signal: leaving.signal })
})
