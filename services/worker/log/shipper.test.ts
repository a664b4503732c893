import { describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport, type Routes } from "#kernel/rpc/server.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { type LogChunk, MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { createShipper, type Shipper } from "./shipper.ts"

type Store = { readonly chunks: LogChunk[]; calls: number; refuse: (chunks: readonly LogChunk[]) => void }

/** A shipper whose store keeps what it doesn't refuse. */
const given = (refuse: Store["refuse"] = () => undefined): { shipper: Shipper; store: Store } => {
  const store: Store = { chunks: [], calls: 0, refuse }
  const routes: Routes = (router) =>
    router.service(MetadataService, {
      appendLogs({ chunks }) {
        store.calls += 1
        store.refuse(chunks)
        store.chunks.push(...chunks)
        return {}
      },
    })
  const tokens = serviceTokens("metadata", platformKey(randomBytes(32).toString("base64")))
  const doors = { service: "metadata", tokens, log: silentLog }
  const call = caller((_, outgoing) => inMemoryTransport(routes, doors, outgoing), tokens)
  const metadata = call("metadata", MetadataService)
  return { shipper: createShipper({ metadata, log: silentLog, now: () => new Date(0) }), store }
}

const source = { task_run_id: "one", run_id: "run", workspace_id: "workspace", task: "build", attempt: 1 }

const textsOf = ({ chunks }: Store) => chunks.flatMap(({ lines }) => lines.map(({ text }) => text))

const bytesOf = ({ lines }: LogChunk) => lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)

test("lines come in order, in chunks that count from 0 and say where they begin", async () => {
  const { shipper, store } = given()
  const log = shipper.open(source)
  const texts = Array.from({ length: 5_000 }, (_, index) => `${index} ${"x".repeat(100)}`)
  for (const text of texts) await log.write("stdout", text)
  const count = log.end()
  await shipper.flush(10_000)
  expect(textsOf(store)).toEqual(texts)
  expect(store.chunks.map(({ chunk }) => chunk)).toEqual(Array.from({ length: count }, (_, index) => index))
  let first_line = 0
  for (const chunk of store.chunks) {
    expect(chunk.firstLine).toBe(BigInt(first_line))
    first_line += chunk.lines.length
  }
})

test("a chunk has at most 64 KB, whatever its lines are written in", async () => {
  const { shipper, store } = given()
  const log = shipper.open(source)
  for (let line = 0; line < 40; line += 1) await log.write("stdout", "語".repeat(10_000))
  log.end()
  await shipper.flush(10_000)
  expect(Math.max(...store.chunks.map(bytesOf))).toBeLessThanOrEqual(64 * 1024)
  expect(textsOf(store)).toHaveLength(40)
})

test("a line is sent soon, though nothing follows it", async () => {
  const { shipper, store } = given()
  await shipper.open(source).write("stderr", "alone")
  await until("the line is stored", () => store.chunks.length === 1)
  expect(store.chunks[0]?.lines[0]).toMatchObject({ stream: "stderr", text: "alone" })
})

test("nothing written is no chunk", async () => {
  const { shipper, store } = given()
  expect(shipper.open(source).end()).toBe(0)
  await shipper.flush(1_000)
  expect(store.calls).toBe(0)
})

test("what comes after the end is not sent, since nobody would wait for it", async () => {
  const { shipper, store } = given()
  const log = shipper.open(source)
  await log.write("stdout", "before")
  expect(log.end()).toBe(1)
  await log.write("stdout", "after")
  expect(log.end()).toBe(1)
  await shipper.flush(1_000)
  expect(textsOf(store)).toEqual(["before"])
})

describe("a store that fails", () => {
  test("is asked again until it takes the chunks, in their order", async () => {
    let failures = 3
    const { shipper, store } = given(() => {
      if (failures-- > 0) throw new Problem("platform.unavailable")
    })
    for (const task_run_id of ["one", "two"]) {
      const log = shipper.open({ ...source, task_run_id })
      await log.write("stdout", task_run_id)
      log.end()
    }
    await shipper.flush(20_000)
    expect(textsOf(store)).toEqual(["one", "two"])
  })

  test("holds writers back before memory fills, and lets them go on afterwards", async () => {
    let away = true
    const { shipper, store } = given(() => {
      if (away) throw new Problem("platform.unavailable")
    })
    const log = shipper.open(source)
    let written = 0
    const writing = (async () => {
      for (; written < 1_000; written += 1) await log.write("stdout", `${written} ${"x".repeat(16_000)}`)
    })()
    await until("the store was asked twice", () => store.calls > 1)
    expect(written * 16_000).toBeLessThan(9 * 1024 * 1024)
    away = false
    await writing
    log.end()
    await shipper.flush(20_000)
    expect(textsOf(store)).toHaveLength(1_000)
  })

  test("for good holds up a flush no longer than it is told to", async () => {
    const { shipper } = given(() => {
      throw new Problem("platform.unavailable")
    })
    const log = shipper.open(source)
    await log.write("stdout", "never")
    log.end()
    await shipper.flush(50)
  })

  test("on one chunk only still takes all the others", async () => {
    const { shipper, store } = given((chunks) => {
      if (chunks.some(({ taskRunId }) => taskRunId === "bad")) throw new Problem("request.invalid")
    })
    for (const task_run_id of ["one", "bad", "two"]) {
      const log = shipper.open({ ...source, task_run_id })
      await log.write("stdout", task_run_id)
      log.end()
    }
    await shipper.flush(20_000)
    expect(textsOf(store)).toEqual(["one", "two"])
  })
})

test("what a job prints goes nowhere: it has no run whose log that would be", async () => {
  const { shipper, store } = given()
  for (const run_id of ["", "run"]) {
    const log = shipper.open({ ...source, run_id })
    await log.write("stdout", `of ${run_id}`)
    log.end()
  }
  await shipper.flush(10_000)
  expect(textsOf(store)).toEqual(["of run"])
})
