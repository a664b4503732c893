import { afterAll, describe, expect, test } from "bun:test"
import type { Resolve } from "#kernel/outbound/call.ts"
import { createPolicy } from "#kernel/outbound/policy.ts"
import type { Task } from "#language/schema.ts"
import { given } from "../given.ts"
import { request } from "./request.ts"

const names = { allow: "WF_WORKER_HTTP_ALLOW", only: "WF_WORKER_HTTP_ONLY" }

const asked: { method: string; url: string; headers: Record<string, string>; body: string }[] = []

const endless = () =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve))
      controller.enqueue(new Uint8Array(65_536).fill(120))
    },
  })

const answers: Readonly<Record<string, (request: Request, url: URL) => Response | Promise<Response>>> = {
  "/echo": () => Response.json({ ok: true, n: 1 }),
  "/text": () => new Response("grüße"),
  "/bytes": () => new Response(Uint8Array.of(0, 255, 1)),
  "/broken-json": () => new Response("{no", { headers: { "content-type": "application/json" } }),
  "/missing": () => new Response("there is no\n such thing", { status: 404 }),
  "/busy": () => new Response("", { status: 429, headers: { "retry-after": "17" } }),
  "/until": () =>
    new Response("", { status: 503, headers: { "retry-after": new Date(90_000).toUTCString() } }),
  "/fails": () => new Response("", { status: 500 }),
  "/endless": () => new Response(endless()),
  "/bomb": () =>
    new Response(Bun.gzipSync(new Uint8Array(30_000_000)), { headers: { "content-encoding": "gzip" } }),
  "/never": () => new Promise<Response>(() => undefined),
  "/to": (_, url) =>
    new Response(null, {
      status: Number(url.searchParams.get("status") ?? 302),
      headers: { location: url.searchParams.get("location") ?? "" },
    }),
  "/loop": () => new Response(null, { status: 302, headers: { location: "/loop" } }),
}

const serve = () =>
  Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1", idleTimeout: 30 },
    async fetch(request) {
      const url = new URL(request.url)
      const headers = Object.fromEntries(request.headers)
      asked.push({ method: request.method, url: request.url, headers, body: await request.text() })
      return (answers[url.pathname] ?? (() => new Response("", { status: 404 })))(request, url)
    },
  })
const [server, other] = [serve(), serve()]
const worker = given.ground()
afterAll(async () => {
  server.stop(true)
  other.stop(true)
  await worker.close()
})

const here = (path: string, { port } = server) => `http://api.test:${port}${path}`

const localhost: Resolve = () => Promise.resolve(["127.0.0.1"])

type Wanted = {
  readonly resolve?: Resolve
  readonly allow?: readonly string[]
  readonly only?: readonly string[]
}
type More = Parameters<typeof worker.run>[2]

const ran = (settings: Record<string, unknown>, wanted: Wanted = {}, more: More = {}) => {
  const { resolve = localhost, allow = ["*.test"], only = [] } = wanted
  const outbound = { policy: createPolicy({ settings: names, allow, only }), resolve }
  const executor = request({ outbound, now: () => new Date(60_000) })
  return worker.run(executor, { uses: "http", with: settings } as Task, more)
}

const last = () => asked.at(-1)

describe("what is sent", () => {
  test("is a GET with a query whose nulls are left out", async () => {
    const { outcome } = await ran({ url: here("/echo?a=1"), query: { b: "x y&", c: 2, none: null } })
    expect(outcome).toMatchObject({ ok: true, outputs: { status: 200, json: { ok: true, n: 1 } } })
    expect(last()).toMatchObject({ method: "GET", url: here("/echo?a=1&b=x+y%26&c=2") })
    expect(last()?.headers).toMatchObject({ host: `api.test:${server.port}`, "user-agent": "wf" })
  })

  test("is JSON, with values of expressions in their types", async () => {
    const context = { inputs: { rows: [1, 2], name: 'a"b' } }
    const json = { rows: `${"${{"} inputs.rows }}`, greeting: `hi ${"${{"} inputs.name }}` }
    await ran({ url: here("/echo"), json }, {}, { context })
    expect(last()).toMatchObject({ method: "POST", body: '{"rows":[1,2],"greeting":"hi a\\"b"}' })
    expect(last()?.headers["content-type"]).toBe("application/json")
  })

  test("is a form, or a body as it is", async () => {
    await ran({ url: here("/echo"), form: { a: "1 2", b: true } })
    expect(last()).toMatchObject({ body: "a=1+2&b=true" })
    await ran({ url: here("/echo"), method: "PUT", body: "<a/>", headers: { "Content-Type": "text/xml" } })
    expect(last()).toMatchObject({ method: "PUT", body: "<a/>" })
    expect(last()?.headers["content-type"]).toBe("text/xml")
  })

  test.each([
    ["a token", { auth: { bearer: `${"${{"} secrets.T }}` } }, "Bearer s3cret"],
    [
      "a name and password",
      { auth: { username: "ada", password: `${"${{"} secrets.T }}` } },
      `Basic ${btoa("ada:s3cret")}`,
    ],
  ])("carries %s from secrets, and the log has nothing of it", async (_, auth, header) => {
    const context = { secrets: { T: "s3cret" } }
    const { lines } = await ran({ url: here("/echo?key=hidden"), ...auth }, {}, { context })
    expect(last()?.headers.authorization).toBe(header)
    expect(JSON.stringify(lines)).not.toMatch(/s3cret|hidden/)
  })

  test.each([
    ["a header of the connection's own", { headers: { Host: "evil.test" } }, "headers.Host"],
    ["a header that would be two", { headers: { "X-A": "1\r\nX-B: 2" } }, "headers.X-A"],
    ["a body where none can be", { method: "GET", body: "x" }, "GET takes no body"],
    ["two bodies", { body: "x", json: {} }, "one of `json`, `form` and `body`"],
    ["an url that is none", { url: "http://[" }, "url"],
  ])("can't be %s", async (_, settings, fault) => {
    const { outcome } = await ran({ url: here("/echo"), ...settings })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "payload.invalid" } })
    expect(JSON.stringify(outcome)).toContain(fault)
  })
})

describe("what is answered", () => {
  test("is kept as JSON, as text, or in base64", async () => {
    expect((await ran({ url: here("/text") })).outcome).toMatchObject({ outputs: { body: "grüße" } })
    expect((await ran({ url: here("/broken-json") })).outcome).toMatchObject({ outputs: { body: "{no" } })
    expect((await ran({ url: here("/bytes") })).outcome).toMatchObject({ outputs: { body_base64: "AP8B" } })
  })

  test("is a failure unless it is expected, and says what was said", async () => {
    const { outcome } = await ran({ url: here("/missing?token=hidden") })
    const message = `GET ${here("/missing")} answered 404 Not Found: there is no such thing`
    expect(outcome).toEqual({ ok: false, error: { code: "http.status", message }, non_retryable: true })
    expect((await ran({ url: here("/missing"), expected_status: [200, 404] })).outcome.ok).toBe(true)
    expect((await ran({ url: here("/missing"), expected_status: "4xx" })).outcome.ok).toBe(true)
    expect((await ran({ url: here("/text"), expected_status: 204 })).outcome.ok).toBe(false)
  })

  test("may be tried again when it is temporary, and not before it was asked to", async () => {
    expect((await ran({ url: here("/fails") })).outcome).toMatchObject({ non_retryable: false })
    expect((await ran({ url: here("/busy") })).outcome).toMatchObject({ retry_after_ms: 17_000 })
    expect((await ran({ url: here("/until") })).outcome).toMatchObject({ retry_after_ms: 30_000 })
    expect((await ran({ url: here("/missing"), retry_status: [404] })).outcome).toMatchObject({
      non_retryable: false,
    })
  })

  test.each(["/endless", "/bomb"])("has a bound, whatever %s sends", async (path) => {
    const { outcome } = await ran({ url: here(path), max_response_bytes: 1_000_000 })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "http.too_large" } })
  })

  test("has to come in time", async () => {
    const { outcome } = await ran({ url: here("/never?secret"), timeout: "200ms" })
    const message = `GET ${here("/never")} took longer than 0.2 s.`
    expect(outcome).toEqual({ ok: false, error: { code: "http.timeout", message } })
  })

  test("is not waited for when the task is stopped", async () => {
    const stop = new AbortController()
    const reason = { code: "task.cancelled", message: "not wanted" }
    const onLine = () => void setImmediate(() => stop.abort(reason))
    const { outcome } = await ran({ url: here("/never") }, {}, { signal: stop.signal, onLine })
    expect(outcome).toEqual({ ok: false, error: reason })
  })
})

describe("a redirect", () => {
  const to = (location: string, status = 302) =>
    here(`/to?status=${status}&location=${encodeURIComponent(location)}`)

  test("is followed, as a GET where that is meant", async () => {
    expect((await ran({ url: to("/echo"), json: { a: 1 } })).outcome).toMatchObject({ ok: true })
    expect(last()).toMatchObject({ method: "GET", body: "" })
    expect((await ran({ url: to("/echo", 307), json: { a: 1 } })).outcome).toMatchObject({ ok: true })
    expect(last()).toMatchObject({ method: "POST", body: '{"a":1}' })
  })

  test("to another host takes no header along that may be meant for the first alone", async () => {
    const headers = { "X-Api-Key": "k", Cookie: "c", Accept: "text/x" }
    await ran({ url: to(here("/echo", other), 307), headers, auth: { bearer: "t" }, json: 1 })
    expect(last()?.url).toBe(here("/echo", other))
    expect(last()?.headers).toMatchObject({ accept: "text/x", "content-type": "application/json" })
    for (const name of ["x-api-key", "cookie", "authorization"])
      expect(last()?.headers).not.toHaveProperty(name)
  })

  test("is not followed for ever, and not at all when that is not wanted", async () => {
    expect((await ran({ url: here("/loop") })).outcome).toMatchObject({ error: { code: "http.redirects" } })
    const { outcome } = await ran({ url: here("/loop"), max_redirects: 0, expected_status: 302 })
    expect(outcome).toMatchObject({ ok: true, outputs: { status: 302, headers: { location: "/loop" } } })
  })

  test.each([
    ["an address within", "http://169.254.169.254/latest/meta-data", "http.refused"],
    ["the machine itself", "http://localhost:1/", "http.refused"],
    ["a file", "file:///etc/passwd", "http.refused"],
    ["nowhere", "http://[", "http.redirects"],
  ])("to %s is refused", async (_, location, code) => {
    const { outcome } = await ran({ url: to(location) })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code } })
  })
})

describe("a host that is not public", () => {
  test.each([
    ...[
      "127.0.0.1",
      "localhost",
      "0x7f.1",
      "2130706433",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
    ],
    ...[
      "[::ffff:7f00:1]",
      "0.0.0.0",
      "[::]",
      "10.0.0.1",
      "169.254.169.254",
      "[fe80::1]",
      "127.0.0.1.",
      "[64:ff9b::7f00:1]",
    ],
  ])("%s is refused before anything is sent", async (host) => {
    const count = asked.length
    const { outcome } = await ran({ url: `http://${host}:${server.port}/echo` }, { allow: [] })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "http.refused" } })
    expect(JSON.stringify(outcome)).toContain("WF_WORKER_HTTP_ALLOW")
    expect(asked.length).toBe(count)
  })

  test("is refused by what its name stands for, also when only one of its addresses is within", async () => {
    const resolve: Resolve = () => Promise.resolve(["8.8.8.8", "127.0.0.1"])
    const { outcome } = await ran({ url: here("/echo") }, { resolve, allow: [] })
    expect(outcome).toMatchObject({ error: { code: "http.refused" } })
    expect(JSON.stringify(outcome)).toContain("api.test (127.0.0.1)")
  })

  test("can't come in after the check: the address that was checked is the one that is called", async () => {
    let looks = 0
    const resolve: Resolve = () => {
      looks += 1
      return Promise.resolve([looks === 1 ? "127.0.0.1" : "10.255.255.1"])
    }
    const { outcome } = await ran({ url: here("/echo") }, { resolve, allow: ["127.0.0.1"] })
    expect(outcome).toMatchObject({ ok: true })
    expect(looks).toBe(1)
    const again = await ran({ url: here("/echo") }, { resolve, allow: ["127.0.0.1"] })
    expect(again.outcome).toMatchObject({ error: { code: "http.refused" } })
  })

  test("that isn't in the only list is refused, though it is public", async () => {
    const { outcome } = await ran({ url: "http://8.8.8.8/" }, { only: ["api.test"] })
    expect(outcome).toMatchObject({ error: { code: "http.refused" }, non_retryable: true })
    expect((await ran({ url: here("/echo") }, { only: ["api.test"] })).outcome.ok).toBe(true)
  })
})

describe("a host that can't be reached", () => {
  test("is told, and may be tried again", async () => {
    const { outcome } = await ran({ url: "http://api.test:1/x?hidden" })
    expect(outcome).toMatchObject({ ok: false, non_retryable: false, error: { code: "http.unreachable" } })
    expect(JSON.stringify(outcome)).not.toContain("hidden")
  })

  test("by one of its addresses is reached by the next", async () => {
    const resolve: Resolve = () => Promise.resolve(["127.0.0.2", "127.0.0.1"])
    expect((await ran({ url: here("/echo") }, { resolve })).outcome).toMatchObject({ ok: true })
  })

  test("since nobody knows its name is told by name", async () => {
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }))
    const { outcome } = await ran({ url: here("/echo") }, { resolve })
    expect(outcome).toMatchObject({ error: { message: "The host api.test is not known: ENOTFOUND" } })
  })
})
