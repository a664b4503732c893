import { heapStats } from "bun:jsc"
import { expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { textStream } from "./text-stream.ts"
import { whileAdmitted } from "./while-admitted.ts"

const follow = (values: AsyncIterable<string>, leave: () => void = () => undefined) =>
  textStream(values, (value) => value, { headers: { "content-type": "text/event-stream" }, leave })

async function* endless(left: () => void) {
  try {
    yield "first"
    await new Promise(() => undefined)
  } finally {
    left()
  }
}

test("a stream that waits for news is cut off when its reader may not read any more, and what feeds it is left", async () => {
  let may = true
  let has_left = false
  const check = () => (may ? Promise.resolve() : Promise.reject(new Error("revoked")))
  const leave = () => {
    has_left = true
  }
  const response = whileAdmitted(
    follow(
      endless(() => undefined),
      leave,
    ),
    check,
  )
  const reader = response.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first")
  const next = reader?.read()
  may = false
  await expect(next).rejects.toThrow("revoked")
  await until("it is left", () => Promise.resolve(has_left))
})

test("a stream that ends, ends; nothing is asked after that", async () => {
  let asked = 0
  const check = () => {
    asked += 1
    return Promise.resolve()
  }
  async function* two() {
    yield "a"
    yield "b"
  }
  const response = whileAdmitted(follow(two()), check)
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  expect(await response.text()).toBe("ab")
  expect(asked).toBe(0)
})

test("who leaves is noticed by what feeds the stream", async () => {
  let has_left = false
  const leave = () => {
    has_left = true
  }
  const response = whileAdmitted(
    follow(
      endless(() => undefined),
      leave,
    ),
    () => Promise.resolve(),
  )
  const reader = response.body?.getReader()
  await reader?.read()
  void reader?.cancel()
  await until("it is left", () => Promise.resolve(has_left))
})

test("nothing is kept of what a stream has given", async () => {
  async function* numbers() {
    for (let number = 0; ; number += 1) yield String(number)
  }
  const response = whileAdmitted(follow(numbers()), () => Promise.resolve())
  const reader = response.body?.getReader()
  const promisesAfter = async (pieces: number) => {
    for (let piece = 0; piece < pieces; piece += 1) await reader?.read()
    Bun.gc(true)
    return heapStats().objectTypeCounts.Promise ?? 0
  }
  const before = await promisesAfter(1_000)
  expect(await promisesAfter(10_000)).toBeLessThan(before + 1_000)
  await reader?.cancel()
})

test("what doesn't go on is left as it is", () => {
  const response = new Response("{}", { headers: { "content-type": "application/json" } })
  expect(whileAdmitted(response, () => Promise.resolve())).toBe(response)
})
