import { expect, test } from "bun:test"
import { WfProblem } from "#sdk/index.ts"
import { startLoad } from "./load.ts"

const idle = new AbortController().signal

test("everything is asked once, by no more clients at once than were wanted", async () => {
  const asked: number[] = []
  let busy = 0
  let most = 0
  const load = startLoad({
    ...{ count: 20, concurrency: 3, signal: idle },
    once: async (index) => {
      busy += 1
      most = Math.max(most, busy)
      asked.push(index)
      await Promise.resolve()
      busy -= 1
    },
  })
  await load.ended
  expect(asked).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBe(3)
  expect(load.soFar()).toMatchObject({ answered: 20, refused: 0 })
})

test("who is told that it is too much asks again", async () => {
  let tries = 0
  const load = startLoad({
    ...{ count: 1, concurrency: 1, signal: idle },
    once: async () => {
      tries += 1
      if (tries < 3) throw new WfProblem({ status: 503, detail: "The queue is full." })
    },
  })
  await load.ended
  expect(load.soFar()).toMatchObject({ answered: 1, refused: 2 })
})

test("any other refusal ends it", async () => {
  const load = startLoad({
    ...{ count: 10, concurrency: 2, signal: idle },
    once: () => Promise.reject(new WfProblem({ status: 422, detail: "There is no such type." })),
  })
  await expect(load.ended).rejects.toThrow("There is no such type.")
})

test("what was answered before it was broken off is still told", async () => {
  const stop = new AbortController()
  const load = startLoad({
    ...{ count: 1_000, concurrency: 1, signal: stop.signal },
    once: async (index) => {
      if (index === 4) stop.abort()
    },
  })
  await load.ended
  expect(load.soFar().answered).toBe(5)
})
