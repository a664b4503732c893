import { heapStats } from "bun:jsc"
import { expect, test } from "bun:test"
import { testReader } from "#kernel/testing/reader.ts"
import { until } from "#kernel/testing/until.ts"
import type { Reader } from "./reader.ts"
import { textStream } from "./text-stream.ts"

const follow = (values: AsyncIterable<string>, reader: Reader = testReader()) =>
  textStream(values, (value) => value, { headers: { "content-type": "text/event-stream" }, reader })

async function* endless() {
  yield "first"
  await new Promise(() => undefined)
}

test("a stream that waits for news is cut off when its reader may not read any more, and what feeds it is left", async () => {
  let may = true
  const who = testReader(() => (may ? Promise.resolve() : Promise.reject(new Error("revoked"))))
  const reader = follow(endless(), who).body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first")
  const next = reader?.read()
  may = false
  await expect(next).rejects.toThrow("revoked")
  await until("it is left", () => Promise.resolve(who.signal.aborted))
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
  const response = follow(two(), testReader(check))
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  expect(await response.text()).toBe("ab")
  expect(asked).toBe(0)
})

test("who leaves is noticed by what feeds the stream", async () => {
  const who = testReader()
  const reader = follow(endless(), who).body?.getReader()
  await reader?.read()
  void reader?.cancel()
  await until("it is left", () => Promise.resolve(who.signal.aborted))
})

test("what breaks is cut off", async () => {
  async function* broken() {
    yield "first"
    throw new Error("broke")
  }
  const who = testReader()
  await expect(follow(broken(), who).text()).rejects.toThrow("broke")
  expect(who.signal.aborted).toBe(true)
})

test("nothing is kept of what a stream has given", async () => {
  async function* numbers() {
    for (let number = 0; ; number += 1) yield String(number)
  }
  const response = follow(numbers())
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
