import { beforeEach, expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics, type Metrics } from "#kernel/telemetry/metrics.ts"
import { type App, createApp } from "./app.ts"
import { bodyOf } from "./body.ts"
import { postLean } from "./lean.ts"
import { max_body_bytes } from "./limit.ts"

let app: App
let metrics: Metrics
beforeEach(() => {
  metrics = createMetrics()
  app = createApp({
    ...{ service: "test", log: silentLog, metrics },
    authenticate: async ({ authorization, workspace = "own" }) => {
      if (authorization === undefined) throw new Problem("auth.required")
      return {
        ...{ kind: "user", user_id: "u", email: "e", workspace_id: workspace, role: "viewer", grant_id: "g" },
      }
    },
  })
  postLean(app, "/api/v1/echo", async ({ request, actor }) => {
    const { value } = await bodyOf(request)
    if (value === "bug") throw new Error("a secret detail")
    return { status: 201, text: JSON.stringify({ value, in: actor.workspace_id }) }
  })
})

const signed = { authorization: "Bearer x", "content-type": "application/json" }

/** The same request in the two ways that it may take: at once, and through the framework, since its path is written otherwise. */
const ways = ["/api/v1/echo", "/api/v1/ech%6F"]

const ask = (path: string, text: string, headers: Record<string, string> = signed) =>
  app.request(path, {
    method: "POST",
    body: text,
    headers: { "content-length": String(text.length), "x-request-id": "own-id", ...headers },
  })

test.each(ways)("%s answers what was said, with the headers of every answer", async (path) => {
  const response = await ask(path, '{"a":1}')
  expect([response.status, await response.json()]).toEqual([201, { value: { a: 1 }, in: "own" }])
  expect(Object.fromEntries(response.headers)).toEqual({
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
    "x-request-id": "own-id",
  })
})

test.each(ways)("%s passes the same door", async (path) => {
  const refused = [
    ask(path, "1", { "content-type": "application/json" }),
    ask(path, "{"),
    ask(path, "1", { ...signed, "content-type": "text/plain" }),
    ask(path, "1", { ...signed, "content-length": String(max_body_bytes + 1) }),
    ask(path, '"bug"'),
  ]
  const found = await Promise.all(
    refused.map(async (answer) => {
      const { status, headers } = await answer
      const { code, request_id } = (await (await answer).json()) as { code: string; request_id: string }
      expect([request_id, headers.get("x-request-id")]).toEqual(["own-id", "own-id"])
      expect(headers.get("x-content-type-options")).toBe("nosniff")
      return `${status} ${code}`
    }),
  )
  expect(found).toEqual([
    "401 auth.required",
    "400 request.malformed",
    "415 request.media_type",
    "413 request.too_large",
    "500 platform.bug",
  ])
})

test("a body of unknown length is measured while it comes", async () => {
  const piece = new TextEncoder().encode(`"${"x".repeat(max_body_bytes)}"`)
  const answers = [new TextEncoder().encode("1"), piece].map((bytes) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes)
        controller.close()
      },
    })
    return app.request("/api/v1/echo", { method: "POST", body, headers: signed })
  })
  const statuses = await Promise.all(answers.map(async (answer) => (await answer).status))
  expect(statuses).toEqual([201, 413])
})

test("is counted by its route, whichever way it took", async () => {
  for (const path of ways) await ask(path, "1")
  expect(await metrics.expose()).toContain(
    'http_requests_total{method="POST",route="/api/v1/echo",service="test",status="201"} 2',
  )
})
