import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { until } from "#kernel/testing/until.ts"
import { batcher } from "./batch.ts"

const limits = { max_batch: 100, max_waiting: 1_000 }

/** A flush that waits until it is let go, and remembers what it was given. */
const gated = () => {
  const batches: number[][] = []
  const gates: (() => void)[] = []
  return {
    batches,
    open: () => gates.shift()?.(),
    flush: async (items: readonly number[]) => {
      batches.push([...items])
      await new Promise<void>((resolve) => gates.push(resolve))
      return items.map((item) => item * 2)
    },
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test("what arrives in one turn is one batch, and each gets its own answer", async () => {
  const batches: number[] = []
  const flush = async (items: readonly number[]) => {
    batches.push(items.length)
    return items.map((item) => item * 2)
  }
  const ask = batcher({ ...limits, flush })
  expect(await Promise.all([1, 2, 3].map(ask))).toEqual([2, 4, 6])
  expect(batches).toEqual([3])
})

test("what arrives while as many flushes as may be are under way shares the next", async () => {
  const gate = gated()
  const ask = batcher({ ...limits, flush: gate.flush, max_in_flight: 2 })
  const answers: Promise<number>[] = []
  for (const item of [1, 2, 3, 4, 5]) {
    answers.push(ask(item))
    await turn()
    await turn()
  }
  expect(gate.batches).toEqual([[1], [2]])
  gate.open()
  await answers[0]
  await turn()
  await turn()
  expect(gate.batches).toEqual([[1], [2], [3, 4, 5]])
  gate.open()
  gate.open()
  expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
})

test("while a flush is under way, the next one waits until it is worth it, or for its end", async () => {
  const gate = gated()
  const ask = batcher({ ...limits, flush: gate.flush, worthwhile: 3 })
  const answers = [ask(1)]
  await turn()
  answers.push(ask(2), ask(3))
  await turn()
  expect(gate.batches).toEqual([[1]])
  answers.push(ask(4))
  await turn()
  expect(gate.batches).toEqual([[1], [2, 3, 4]])
  answers.push(ask(5))
  gate.open()
  gate.open()
  await until("the rest goes by itself", () => gate.batches.length === 3)
  gate.open()
  expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
})

test("who hurries begins the next flush before the answers of the last one are told", async () => {
  const heard: string[] = []
  const firstOf = async (hurries: boolean) => {
    heard.length = 0
    const gate = gated()
    const flush = (items: readonly number[]) => {
      heard.push("flush")
      return gate.flush(items)
    }
    const ask = batcher({ ...limits, flush, max_in_flight: 1, hurries: () => hurries })
    const first = ask(1).then(() => void heard.push("answer"))
    await turn()
    const second = ask(2)
    gate.open()
    await first
    await turn()
    gate.open()
    expect(await second).toBe(4)
    return heard.join(" ")
  }
  expect(await firstOf(true)).toBe("flush flush answer")
  expect(await firstOf(false)).toBe("flush answer flush")
})

test("a flush that is slow is not waited for", async () => {
  const gate = gated()
  const ask = batcher({ ...limits, flush: gate.flush, worthwhile: 100 })
  const answers = [ask(1)]
  await turn()
  answers.push(ask(2))
  await turn()
  expect(gate.batches).toEqual([[1]])
  await until("the next one began beside it", () => gate.batches.length === 2)
  gate.open()
  gate.open()
  expect(await Promise.all(answers)).toEqual([2, 4])
})

test("a batch has a bound, and so has the line before it", async () => {
  const gate = gated()
  const ask = batcher({ flush: gate.flush, max_batch: 2, max_waiting: 3, max_in_flight: 1 })
  const answers = [1, 2, 3].map(ask)
  await expect(ask(4)).rejects.toMatchObject({ code: "platform.busy" })
  await turn()
  expect(gate.batches).toEqual([[1, 2]])
  gate.open()
  await answers[1]
  await turn()
  await turn()
  gate.open()
  expect(await Promise.all(answers)).toEqual([2, 4, 6])
})

test("a problem refuses one alone", async () => {
  const flush = async (items: readonly number[]) =>
    items.map((item) => (item === 2 ? new Problem("request.invalid") : item))
  const ask = batcher({ ...limits, flush })
  const [one, two, three] = await Promise.allSettled([1, 2, 3].map(ask))
  expect([one?.status, two?.status, three?.status]).toEqual(["fulfilled", "rejected", "fulfilled"])
})

test("a failure fails the batch, but where items may be to blame each is tried by itself", async () => {
  const flush = async (items: readonly number[]) => {
    if (items.includes(2)) throw new RangeError("two")
    return items
  }
  const strict = batcher({ ...limits, flush })
  const all = await Promise.allSettled([1, 2, 3].map(strict))
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
  const lenient = batcher({ ...limits, flush, isItems: (error) => error instanceof RangeError })
  const each = await Promise.allSettled([1, 2, 3].map(lenient))
  expect(each.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
})

test("large items go in smaller batches, and what waits is bounded by its size too", async () => {
  const gate = gated()
  const sizes = { of: (item: number) => item, max_batch: 10, max_waiting: 30 }
  const ask = batcher({ ...limits, flush: gate.flush, max_in_flight: 1, sizes })
  const answers = [4, 4, 4, 25].map(ask)
  await expect(ask(1)).rejects.toMatchObject({ code: "platform.busy" })
  for (let round = 0; round < 3; round += 1) {
    await turn()
    gate.open()
    await turn()
  }
  expect(await Promise.all(answers)).toEqual([8, 8, 8, 50])
  expect(gate.batches).toEqual([[4, 4], [4], [25]])
})
