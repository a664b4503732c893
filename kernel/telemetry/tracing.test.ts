import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { exportSpans } from "./exporter.ts"
import { activeTraceparent, inSpan } from "./tracing.ts"

const trace_id = "0af7651916cd43dd8448eb211c80319c"
const traceparent = `00-${trace_id}-b7ad6b7169203331-01`

let collector: ReturnType<typeof Bun.serve>
let flush: () => Promise<void>
const sent: Uint8Array[] = []
beforeAll(() => {
  collector = Bun.serve({
    port: 0,
    async fetch(request) {
      if (new URL(request.url).pathname === "/v1/traces") sent.push(await request.bytes())
      return new Response()
    },
  })
  flush = exportSpans(`http://127.0.0.1:${collector.port}/`, "test")
})
beforeEach(() => void sent.splice(0))
afterAll(async () => {
  await flush()
  await collector.stop(true)
})

test("work answers through its span, which continues the caller's trace", async () => {
  const seen = await inSpan({ name: "outer", kind: "server", traceparent }, async () => {
    const outer = activeTraceparent()
    return inSpan({ name: "inner" }, async () => [outer, activeTraceparent()])
  })
  const [outer = "", inner = ""] = seen.map((one) => one?.split("-") ?? [])
  expect([outer[1], inner[1]]).toEqual([trace_id, trace_id])
  expect(inner[2]).not.toBe(outer[2])
})

test("a header that makes no sense begins a new trace", async () => {
  const seen = await inSpan({ name: "lost", traceparent: "00-nonsense" }, async () => activeTraceparent())
  expect(seen).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  expect(seen).not.toContain(trace_id)
})

test("a throw passes through as it is, and its span says why it failed", async () => {
  const error = new Error("the disk is full")
  await expect(inSpan({ name: "failing" }, () => Promise.reject(error))).rejects.toBe(error)
  await until("the collector has it", () =>
    sent.some((bytes) => {
      const text = new TextDecoder().decode(bytes)
      return text.includes("failing") && text.includes("the disk is full") && text.includes("wf-test")
    }),
  )
})

test("outside of any span there is no header to carry along", () => {
  expect(activeTraceparent()).toBeUndefined()
})
