import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { context, propagation, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { W3CTraceContextPropagator } from "@opentelemetry/core"
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import { systemKit } from "#kernel/service/kit.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient, isEnded } from "#sdk/index.ts"
import { type RunningPlatform, startPlatform } from "#services/all/platform.ts"
import { choosePort } from "#services/all/ports.ts"

const exporter = new InMemorySpanExporter()
const folder = mkdtempSync(join(tmpdir(), "wf-trace-"))
const host = "127.0.0.1"
let platform: RunningPlatform

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  )
  const port = await choosePort(host, 0, systemKit().random)
  const key = randomBytes(32).toString("base64")
  platform = await startPlatform({
    data: join(folder, "data"),
    host,
    port,
    key,
    environment: {},
    log: silentLog,
  })
})

afterAll(async () => {
  await platform.stop()
  trace.disable()
  context.disable()
  propagation.disable()
  rmSync(folder, { recursive: true, force: true })
})

test("one trace leads from the request over calls and attempts to who hears of the run", async () => {
  const trace_id = randomBytes(16).toString("hex")
  const token = await platform.ownerToken()
  const client = createClient({ url: platform.url, token })
  await client.workflows.push("name: traced\ntasks:\n  one: { run: echo hello }\n")
  const started = await fetch(`${platform.url}/api/v1/runs`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      traceparent: `00-${trace_id}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify({ workflow: "traced" }),
  })
  const { id } = (await started.json()) as { id: string }
  const wanted = ["POST /api/v1/runs", "task one", "consume metadata"]
  const namesIn = () =>
    exporter
      .getFinishedSpans()
      .flatMap((span) => (span.spanContext().traceId === trace_id ? [span.name] : []))
  await until("the run ends", async () => isEnded(await client.runs.get(id)))
  await until("all its spans are there", () => wanted.every((name) => namesIn().includes(name)))
  expect(namesIn()).toEqual(expect.arrayContaining(wanted))
})

test("the address of a webhook is in no trace", async () => {
  const trace_id = randomBytes(16).toString("hex")
  const answer = await fetch(`${platform.url}/hooks/wfh_as_good_as_a_key`, {
    method: "POST",
    headers: { traceparent: `00-${trace_id}-b7ad6b7169203331-01` },
  })
  expect(answer.status).toBe(404)
  const ofIt = () => exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === trace_id)
  await until("its span is there", () => ofIt().some(({ name }) => name === "POST /hooks/{token}"))
  expect(ofIt().filter((span) => `${span.name} ${JSON.stringify(span.attributes)}`.includes("wfh_"))).toEqual(
    [],
  )
})

test("what a service has learnt of a token, the others of its process know", async () => {
  const trace_id = randomBytes(16).toString("hex")
  const headers = {
    authorization: `Bearer ${await platform.ownerToken()}`,
    traceparent: `00-${trace_id}-b7ad6b7169203331-01`,
  }
  const from_ms = performance.now()
  for (const list of ["runs", "workflows", "executions", "tokens"]) {
    expect((await fetch(`${platform.url}/api/v1/${list}`, { headers })).status).toBe(200)
  }
  // For half a second an answer counts.
  const most = 1 + Math.floor((performance.now() - from_ms) / 500)
  const names = exporter
    .getFinishedSpans()
    .flatMap((span) => (span.spanContext().traceId === trace_id ? [span.name] : []))
  expect(names).toContain("GET /api/v1/executions")
  const asked = names.filter((name) => name === "iam.ValidateToken").length
  expect([asked > 0, asked <= most]).toEqual([true, true])
})
