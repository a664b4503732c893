import { beforeEach, describe, expect, test } from "bun:test"
import { createRoute, z } from "@hono/zod-openapi"
import { createAllowance } from "#kernel/auth/allowance.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { createMetrics, type Metrics } from "#kernel/telemetry/metrics.ts"
import { until } from "#kernel/testing/until.ts"
import { addressOf, knowPeers } from "./address.ts"
import { type App, createApp } from "./app.ts"
import { documentOf, mergeDocuments } from "./document.ts"
import { readerOf } from "./reader.ts"
import { serveHttp } from "./serve.ts"
import { jsonAnswer, jsonBody, refusals } from "./shapes.ts"
import { textStream } from "./text-stream.ts"

const bugs: Record<string, unknown>[] = []
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fact) => void bugs.push(fact),
}

const thingShape = z.object({ name: z.string().min(2), count: z.int() }).openapi("Thing")

const postThing = createRoute({
  method: "post",
  path: "/api/v1/things",
  request: { body: jsonBody(thingShape) },
  responses: { 201: jsonAnswer("The thing", thingShape), ...refusals },
})

const thrown: Readonly<Record<string, unknown>> = {
  bug: new Error("a secret detail"),
  syntax: new SyntaxError("stored JSON is broken: a secret detail"),
  text: "a secret detail",
  nothing: undefined,
  busy: new Problem("platform.busy", { retry_after_s: 3 }),
  conflict: new Problem("idempotency.conflict", { detail: "The key `a` was used." }),
}

let app: App
let metrics: Metrics
beforeEach(() => {
  bugs.splice(0)
  metrics = createMetrics()
  app = createApp(
    {
      service: "test",
      log,
      metrics,
      authenticate: async ({ authorization, workspace }) => {
        if (authorization === undefined) throw new Problem("auth.required")
        const workspace_id = workspace ?? "own"
        return { kind: "user", user_id: "u", email: "e", workspace_id, role: "viewer", grant_id: "g" }
      },
    },
    { open: ["/api/v1/open"], streamed: /\/streamed$/ },
  )
  app.openapi(postThing, (context) => context.json(context.req.valid("json"), 201))
  app.get("/api/v1/open", (context) => context.json({ actor: context.get("actor") ?? null }))
  app.get("/api/v1/who", (context) => context.json(context.get("actor")))
  app.post("/api/v1/streamed", async (context) => context.json((await context.req.arrayBuffer()).byteLength))
  app.get("/thrown/:what", (context) => {
    throw thrown[context.req.param("what")]
  })
})

const signed = { authorization: "Bearer x" }

const post = (body: BodyInit, headers: Record<string, string> = {}, path = "/api/v1/things") =>
  app.request(path, {
    method: "POST",
    body,
    headers: { ...signed, "content-type": "application/json", ...headers },
  })

const problemOf = async (answer: Response | Promise<Response>) => {
  const response = await answer
  expect(response.headers.get("content-type")).toBe("application/problem+json")
  const body = (await response.json()) as Record<string, unknown>
  expect(body.status).toBe(response.status)
  return { response, body }
}

describe("a refusal", () => {
  test("is a problem with all that a caller needs", async () => {
    const { body, response } = await problemOf(app.request("/thrown/conflict"))
    expect(response.status).toBe(409)
    expect(body).toEqual({
      type: "urn:wf:problem:idempotency.conflict",
      title: "The idempotency key was used with another body",
      status: 409,
      detail: "The key `a` was used.",
      code: "idempotency.conflict",
      next: "Use a new key, or send the body of the first request.",
      errors: [],
      request_id: response.headers.get("x-request-id"),
    })
    expect(bugs).toEqual([])
  })

  test("for being busy says when to come back", async () => {
    const { response } = await problemOf(app.request("/thrown/busy"))
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"])
  })

  test("of who isn't signed in names the scheme", async () => {
    const { response, body } = await problemOf(app.request("/api/v1/who"))
    expect([response.status, body.code]).toEqual([401, "auth.required"])
    expect(response.headers.get("www-authenticate")).toBe("Bearer")
  })

  test("of a body names each field that is wrong", async () => {
    const { response, body } = await problemOf(post('{"name":"x","count":1.5}'))
    expect(response.status).toBe(422)
    expect((body.errors as { path: string }[]).map(({ path }) => path)).toEqual(["name", "count"])
    expect(body.detail).toContain("name: ")
  })

  test.each([
    { what: "broken JSON", body: "{", headers: {}, status: 400 },
    { what: "another content type", body: "{}", headers: { "content-type": "text/plain" }, status: 415 },
    { what: "no object", body: "[]", headers: {}, status: 422 },
  ])("of $what is a problem too", async ({ body, headers, status }) => {
    const { response, body: problem } = await problemOf(post(body, headers as Record<string, string>))
    expect(bugs).toEqual([])
    expect(response.status).toBe(status)
    expect(problem.detail).not.toMatch(/^: /)
    expect(bugs).toEqual([])
  })

  test.each(["/nowhere", "/API/v1/who", "/api//v1/who/"])(
    "of the unknown path %s is a problem too",
    async (path) => {
      const { response, body } = await problemOf(app.request(path, { headers: signed }))
      expect([response.status, body.code]).toEqual([404, "request.not_found"])
    },
  )
})

describe("a bug", () => {
  test.each(["bug", "syntax", "text", "nothing"])(
    "that throws %s tells nothing, and is logged once",
    async (what) => {
      const { response, body } = await problemOf(app.request(`/thrown/${what}`))
      expect([response.status, body.code]).toEqual([500, "platform.bug"])
      expect(JSON.stringify(body)).not.toContain("secret")
      expect(bugs.map(({ event, request_id }) => [event, request_id])).toEqual([
        ["request.broke", body.request_id],
      ])
    },
  )
})

describe("a request's id", () => {
  test("is the caller's, where it is fit to be logged", async () => {
    const response = await app.request("/nowhere", { headers: { "x-request-id": "abc-1.2_3" } })
    expect(response.headers.get("x-request-id")).toBe("abc-1.2_3")
  })

  test.each(["a b", "x".repeat(65), 'a"b'])("that is unfit is replaced: %p", async (given) => {
    const response = await app.request("/nowhere", { headers: { "x-request-id": given } })
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe("a body", () => {
  const large = `{"name":"${"x".repeat(4 * 1024 * 1024)}","count":1}`

  test("that is too large is refused by its stated length", async () => {
    const { response } = await problemOf(post(large, { "content-length": String(large.length) }))
    expect(response.status).toBe(413)
  })

  test("that is too large is refused without a stated length too", async () => {
    const { response, body } = await problemOf(post(new Blob([large]).stream()))
    expect([response.status, body.code]).toEqual([413, "request.too_large"])
  })

  test.each([
    ["of a stated length", JSON.stringify({ name: "ab", count: 1 })],
    ["that is measured as it comes", new Blob(['{"name":"ab","count":1}']).stream()],
  ])("%s doesn't hide where its request comes from", async (_, body) => {
    app.post("/auth/where", async (context) => {
      await context.req.text()
      return context.text(addressOf(context.req.raw) ?? "nowhere")
    })
    const server = serveHttp(app.fetch, { host: "127.0.0.1", port: 0 })
    try {
      const path = `http://127.0.0.1:${server.port}/auth/where`
      expect(await (await fetch(path, { method: "POST", body })).text()).toBe("127.0.0.1")
    } finally {
      await server.stop()
    }
  })

  test("of a route that streams has limits of its own", async () => {
    const response = await post(large, {}, "/api/v1/streamed")
    expect(await response.json()).toBe(large.length)
  })
})

test("below /api/ everybody is known, but on the paths that are open", async () => {
  expect(await (await app.request("/api/v1/open")).json()).toEqual({ actor: null })
  const who = await app.request("/api/v1/who", { headers: { ...signed, "wf-workspace": "team" } })
  expect(await who.json()).toMatchObject({ workspace_id: "team" })
  expect((await app.request("/api/v1/open/../who")).status).toBe(401)
})

test("a stream goes on only in the workspace that it began in", async () => {
  let workspace_id = "own"
  const own = createApp({
    ...{ service: "test", log, metrics },
    authenticate: () =>
      Promise.resolve({
        ...{ kind: "user", user_id: "u", email: "e", workspace_id, role: "viewer", grant_id: "g" },
      }),
  })
  async function* endless() {
    yield await new Promise<string>(() => undefined)
  }
  own.get("/api/v1/endless", (context) =>
    textStream(endless(), (text) => text, { headers: {}, reader: readerOf(context) }),
  )
  expect((await own.request("/api/v1/endless", { method: "HEAD", headers: signed })).status).toBe(404)
  const response = await own.request("/api/v1/endless", { headers: signed })
  workspace_id = "another"
  let outcome = ""
  void response.text().catch(({ code }) => {
    outcome = code
  })
  await until("it is cut off", () => Promise.resolve(outcome !== ""))
  expect(outcome).toBe("auth.invalid")
})

test("requests are counted by route, never by path", async () => {
  for (const what of ["bug", "busy", "conflict"]) await app.request(`/thrown/${what}`)
  const text = await metrics.expose()
  expect(text).toContain(
    'http_requests_total{method="GET",route="/thrown/:what",service="test",status="500"} 1',
  )
  expect(text).not.toContain('route="/thrown/bug"')
})

describe("the document", () => {
  test("is the same however often it is asked for", () => {
    expect(documentOf(app)).toEqual(documentOf(app))
    expect(app.openAPIRegistry.definitions.filter(({ type }) => type === "component")).toHaveLength(1)
  })

  test("of several services has the paths and shapes of all, and methods of one path together", () => {
    const other = createApp({
      service: "other",
      log,
      metrics,
      authenticate: () => Promise.reject(new Error()),
    })
    const responses = { 200: jsonAnswer("The thing", thingShape), ...refusals }
    const route = createRoute({ method: "get", path: "/api/v1/things", responses })
    other.openapi(route, (context) => context.json({ name: "one", count: 1 }, 200))
    const { paths, components } = mergeDocuments([documentOf(app), documentOf(other)])
    expect(Object.keys(paths?.["/api/v1/things"] ?? {}).toSorted()).toEqual(["get", "post"])
    expect(Object.keys(components?.schemas ?? {})).toEqual(["Problem", "Thing"])
    expect(components?.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } })
  })
})

describe("a server", () => {
  const listen = (answer: (request: Request) => Response | Promise<Response>) =>
    serveHttp(answer, { host: "127.0.0.1", port: 0 })

  test("that stops lets the request in hand end", async () => {
    let finish: (response: Response) => void = () => undefined
    const arrived = Promise.withResolvers<void>()
    const server = listen(() => {
      arrived.resolve()
      return new Promise((resolve) => {
        finish = resolve
      })
    })
    const call = fetch(`http://127.0.0.1:${server.port}/`)
    await arrived.promise
    const stopped = server.stop()
    finish(new Response("done"))
    expect(await (await call).text()).toBe("done")
    await stopped
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow()
  })

  test("may be stopped twice", async () => {
    const server = listen(() => new Response())
    await Promise.all([server.stop(), server.stop()])
  })

  test("shows nothing of what broke below an app", async () => {
    const server = listen(() => Promise.reject(new Error("a secret detail")))
    const text = await (await fetch(`http://127.0.0.1:${server.port}/`)).text()
    expect(text).not.toContain("secret")
    await server.stop()
  })
})

test("who sends more than they may is told when to come again, and nothing is done", async () => {
  let done = 0
  const limited = createApp(
    {
      ...{ service: "test", log, metrics },
      authenticate: async () => ({
        ...{ kind: "user", user_id: "u", email: "e", workspace_id: "w", role: "viewer", grant_id: "g" },
      }),
      allowance: createAllowance({ per_s: 1, report: async () => [], now: () => 0 }),
    },
    { open: ["/api/v1/open"] },
  )
  limited.post("/api/v1/open", (context) => context.body(null, 204))
  limited.post("/api/v1/things", (context) => {
    done += 1
    return context.body(null, 204)
  })
  const ask = () => limited.request("/api/v1/things", { method: "POST" })
  for (let sent = 0; sent < 10; sent += 1) expect((await ask()).status).toBe(204)
  const refused = await ask()
  expect([refused.status, refused.headers.get("retry-after"), done]).toEqual([429, "10", 10])
  expect(await refused.json()).toMatchObject({ code: "request.too_many" })
  // Nobody is known there, so addresses are counted.
  const knock = async (address: string) => {
    const forget = knowPeers({ peerOf: () => address, has_gateway: false })
    const { status } = await limited.request("/api/v1/open", { method: "POST" })
    forget()
    return status
  }
  for (let sent = 0; sent < 10; sent += 1) expect(await knock("192.0.2.1")).toBe(204)
  expect([await knock("192.0.2.1"), await knock("192.0.2.2")]).toEqual([429, 204])
})
