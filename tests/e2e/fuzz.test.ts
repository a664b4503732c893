import { beforeAll, expect, test } from "bun:test"
import { randomFrom } from "#language/testing/random.ts"
import { type Operation, operations } from "./operations.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let run_id = ""
beforeAll(async () => {
  it = await platform()
  await it.client.workflows.push("name: fuzzed\ntasks:\n  one:\n    run: echo one\n")
  run_id = (await it.client.runs.start({ workflow: "fuzzed" })).id
}, 120_000)

const seed = Number(process.env.SEED ?? 7)
const tries = 24

const random = randomFrom(seed)
const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

const numbers = [
  "0",
  "-1",
  "1",
  "1e9",
  "9007199254740991",
  "9007199254740993",
  "2147483648",
  "1.5",
  "NaN",
  "0x10",
]
const words = [
  "",
  " ",
  "a",
  "fuzzed",
  "null",
  "__proto__",
  "constructor",
  "'; drop table scheduler.run; --",
  "$(id)",
  "../../etc/passwd",
  "..;/",
  "a/b",
  "\\",
  "%",
  "😀",
  "ª\u202eb",
  "e\u0301",
  "[object Object]",
  "00000000-0000-0000-0000-000000000000",
  "01a1fd28-f38e-7000-9e0d-fb7ee7200000",
  "W10",
  "eyJhIjoxfQ",
  "AAAA",
  "x".repeat(300),
  "(a+)+$",
  "2026-13-45T99:99:99Z",
  "99999999999999d",
]
const texts = [...numbers, ...words]

/** Also what `encodeURIComponent` would never write. */
const inAddress = (): string =>
  one([
    ...texts.map(encodeURIComponent),
    "%00",
    "a%00b",
    "%ed%a0%80",
    "%ff",
    "%2e%2e",
    "%2F",
    "%0d%0aX:%20y",
    run_id,
  ])

const inHeader = (): string => one([...texts.filter((text) => /^[\x20-\x7e]*$/.test(text)), "\xff\xfe"])

const deep = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`)

const inBody = (): unknown =>
  one<unknown>([
    ...texts,
    ...numbers.map(Number),
    null,
    true,
    [],
    {},
    [null],
    "\0",
    "a\0b",
    "\ud800",
    "\udc00x",
    JSON.parse('{"__proto__":{"a":1}}'),
    { $ne: null },
    { "\0": "\ud800" },
    deep(3),
    deep(5_000),
    "y".repeat(100_000),
    "name: fuzzed\ntasks: {one: {run: echo}}",
    { name: "fuzzed", tasks: { one: { run: "echo" } } },
  ])

const bodyOf = (operation: Operation): string => {
  const broken = ["", "{", "null", "[]", '"a"', "\0", '{"a":1}}', "[".repeat(10_000), '{"a":"\\ud800"}']
  if (random() < 0.2) return one(broken)
  const fields = operation.fields.filter(() => random() < 0.6).map((name) => [name, inBody()])
  return JSON.stringify(Object.fromEntries(random() < 0.1 ? [...fields, ["other", inBody()]] : fields))
}

type Asked = { readonly url: string; readonly init: RequestInit }

const requestOf = (operation: Operation): Asked => {
  const headers = new Headers({ authorization: `Bearer ${it.token}` })
  const query: string[] = []
  let path = operation.path
  for (const { in: place, name } of operation.parameters) {
    const kept = place === "path" && random() < 0.5 ? (name === "run_id" ? run_id : "fuzzed") : inAddress()
    if (place === "path") path = path.replace(`{${name}}`, kept)
    else if (random() < 0.5) continue
    else if (place === "query") query.push(`${name}=${inAddress()}`)
    else headers.set(name, inHeader())
  }
  const { method, content_type } = operation
  if (content_type === undefined) return { url: `${path}?${query.join("&")}`, init: { method, headers } }
  const types = [
    content_type,
    content_type,
    content_type,
    "text/plain",
    "multipart/form-data",
    "application/xml",
    "x",
  ]
  headers.set("content-type", one(types))
  return { url: `${path}?${query.join("&")}`, init: { method, headers, body: bodyOf(operation) } }
}

const told = ({ url, init }: Asked): string =>
  `${init.method} ${url} ${String(init.body ?? "").slice(0, 200)}`

const isProblem = (body: Record<string, unknown>): boolean =>
  ["type", "title", "detail", "code", "next"].every((name) => typeof body[name] === "string")

const judge = async (asked: Asked): Promise<string | undefined> => {
  const leave = new AbortController()
  const response = await fetch(`${it.url}${asked.url}`, { ...asked.init, signal: leave.signal })
  if (response.ok) {
    // It may be a stream that goes on for long.
    leave.abort()
    return undefined
  }
  const text = await response.text()
  if (response.status >= 500) return `${told(asked)} → ${response.status} ${text.slice(0, 300)}`
  // An address that can't be one is refused by the gateway before any service hears of it.
  if (response.headers.get("server") === "envoy" && text === "") return undefined
  const refused = response.headers.get("content-type") === "application/problem+json"
  const helps = refused && isProblem(JSON.parse(text) as Record<string, unknown>)
  return helps ? undefined : `${told(asked)} → ${response.status} ${text.slice(0, 300)}`
}

test(`whatever is sent to any operation, nothing breaks and each refusal says what to do (SEED=${seed})`, async () => {
  const found: string[] = []
  for (const operation of await operations()) {
    for (let count = 0; count < tries; count += 1) {
      const verdict = await judge(requestOf(operation))
      if (verdict !== undefined) found.push(verdict)
    }
  }
  expect(found).toEqual([])
}, 60_000)

const sent = (path: string, init: RequestInit = {}) =>
  fetch(`${it.url}${path}`, { ...init, headers: { authorization: `Bearer ${it.token}`, ...init.headers } })

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

test("a body of another type than the path takes is 415, an endless one 413", async () => {
  const body = JSON.stringify({ workflow: "fuzzed" })
  const typed = await sent("/api/v1/runs", {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
  })
  expect([typed.status, await codeOf(typed)]).toEqual([415, "request.media_type"])
  const piece = new Uint8Array(1024 * 1024).fill(32)
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(piece) })
  const headers = { "content-type": "application/json" }
  const large = await sent("/api/v1/runs", { method: "POST", body: endless, headers }).catch(() => undefined)
  // The server may also close on who doesn't stop sending.
  if (large) expect(large.status).toBe(413)
  expect((await sent("/api/v1/auth/me")).status).toBe(200)
})

test("no spelling of a path comes past the caller's check", async () => {
  const spellings = [
    "/api/v1/auth/login/../../runs",
    "/api/v1/auth/login/..%2f..%2fruns",
    "/api/v1/auth/login;/../../runs",
    "//api/v1/runs",
    "/API/v1/runs",
    "/api/v1/runs/",
    "/api/v1/runs;x",
    "/api/v1/%72uns",
    "/%2e/api/v1/runs",
    "/api/v1/auth/login?/../../runs",
  ]
  for (const path of spellings) {
    const { status } = await fetch(`${it.url}${path}`)
    expect([path, status < 500 && status >= 400]).toEqual([path, true])
  }
})
