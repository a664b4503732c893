import { beforeAll, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { isEmbedded, platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 300_000)

const silent_ms = 3_000
const settled_ms = 200

/** The answer to bytes as they are; "" where the connection was closed without one, or nothing came. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(it.url)
    let said = ""
    const socket = connect(Number(port), hostname, () => socket.write(bytes, "latin1"))
    const end = () => {
      socket.destroy()
      resolve(said)
    }
    socket.setTimeout(silent_ms, end)
    socket.on("data", (piece) => {
      said += piece.toString("latin1")
      // A second answer would follow at once.
      socket.setTimeout(settled_ms)
    })
    socket.on("error", end)
    socket.on("close", end)
  })

const statusesIn = (answer: string): readonly number[] =>
  [...answer.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status))

const host = () => `Host: ${new URL(it.url).host}`
const who = () => `Authorization: Bearer ${it.token}`

const works = async () => {
  const answer = await fetch(`${it.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${it.token}` } })
  return answer.status
}

/** Each is sent with a credential: what an edge takes for one request, whoever is behind it must not take for two. */
const crooked: Readonly<Record<string, () => string>> = {
  "a length and pieces": () =>
    `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/auth/me HTTP/1.1\r\n${host()}\r\n\r\n`,
  "two lengths": () =>
    `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /api/v1/auth/me HTTP/1.1\r\n${host()}\r\n\r\n`,
  "a length that is none": () =>
    `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nContent-Length: +4\r\n\r\nabcd`,
  "an unknown coding": () =>
    `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "a piece whose size is none": () =>
    `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  "a blank before the colon": () =>
    `GET /api/v1/runs HTTP/1.1\r\n${host()}\r\nAuthorization : Bearer ${it.token}\r\n\r\n`,
  "a NUL in a header": () => `GET /api/v1/runs HTTP/1.1\r\n${host()}\r\nX-A: a\0b\r\n\r\n`,
  "a NUL in the path": () => `GET /api/v1/runs\0 HTTP/1.1\r\n${host()}\r\n${who()}\r\n\r\n`,
  "an encoded NUL in the path": () => `GET /api/v1/runs/%00 HTTP/1.1\r\n${host()}\r\n${who()}\r\n\r\n`,
  "a path of 200 KB": () => `GET /api/v1/${"a".repeat(200_000)} HTTP/1.1\r\n${host()}\r\n${who()}\r\n\r\n`,
  "a header of 200 KB": () =>
    `GET /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nX-A: ${"a".repeat(200_000)}\r\n\r\n`,
  "a protocol that is none": () => `GET /api/v1/runs HTTQ/1.1\r\n${host()}\r\n${who()}\r\n\r\n`,
  "a name of headers that is none": () =>
    `GET /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nX A: b\r\n\r\n`,
  "another machine's address": () => `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
}

describe("whatever is sent", () => {
  test.each(Object.keys(crooked))("%s is refused, and nothing behind it is answered", async (name) => {
    const statuses = statusesIn(await raw(crooked[name]?.() ?? ""))
    expect(statuses.length).toBeLessThanOrEqual(1)
    for (const status of statuses)
      expect([400, 401, 404, 405, 413, 414, 421, 431, 501, 505]).toContain(status)
    expect(await works()).toBe(200)
  })

  test("who says nothing more holds up nobody", async () => {
    const { hostname, port } = new URL(it.url)
    const silent = Array.from({ length: 200 }, () => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`POST /api/v1/runs HTTP/1.1\r\n${host()}\r\nContent-Length: 100\r\n`),
      )
      socket.on("error", () => undefined)
      return socket
    })
    try {
      expect(await Promise.all(Array.from({ length: 20 }, works))).toEqual(Array(20).fill(200))
    } finally {
      for (const socket of silent) socket.destroy()
    }
  })

  test("a body that was packed is not unpacked", async () => {
    const headers = {
      authorization: `Bearer ${it.token}`,
      "content-type": "application/json",
      "content-encoding": "gzip",
    }
    const body = gzipSync(Buffer.alloc(50_000_000, 32))
    const answer = await fetch(`${it.url}/api/v1/runs`, { method: "POST", headers, body })
    expect([400, 415]).toContain(answer.status)
  })

  test("a body that says it is too large is refused before it comes", async () => {
    const answer = await raw(
      `POST /api/v1/runs HTTP/1.1\r\n${host()}\r\n${who()}\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n{`,
    )
    expect(statusesIn(answer)).toEqual([413])
  })
})

describe("a page of another origin", () => {
  test("may read nothing and send nothing", async () => {
    const origin = "https://evil.example"
    const headers = { origin, authorization: `Bearer ${it.token}` }
    const read = await fetch(`${it.url}/api/v1/auth/me`, { headers })
    const wants = { origin, "access-control-request-method": "POST" }
    const asked = await fetch(`${it.url}/api/v1/runs`, { method: "OPTIONS", headers: wants })
    for (const answer of [read, asked])
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([])
    expect(asked.ok).toBe(false)
  })

  test("can't lend its name to this machine; the gateway has whatever name it is given", async () => {
    const answer = await raw(`GET /api/v1/auth/me HTTP/1.1\r\nHost: evil.example\r\n${who()}\r\n\r\n`)
    expect(statusesIn(answer)).toEqual([isEmbedded ? 421 : 200])
  })

  test("nobody takes an answer for something else than it says it is", async () => {
    const answer = await fetch(`${it.url}/api/v1/auth/me`, {
      headers: { authorization: `Bearer ${it.token}` },
    })
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
  })
})

const spoofed = {
  "x-user-id": "00000000-0000-7000-8000-000000000000",
  "x-wf-user": "owner@example.test",
  "x-wf-role": "owner",
  "x-workspace-id": "00000000-0000-7000-8000-000000000000",
  "x-forwarded-user": "root",
  "x-auth-request-email": "owner@example.test",
  "x-wf-service": "scheduler",
  "x-original-url": "/health",
  "x-rewrite-url": "/health",
  "x-http-method-override": "GET",
  "x-forwarded-host": "127.0.0.1",
}

test("what the gateway asks identity is asked by nobody else", async () => {
  const headers = { authorization: `Bearer ${it.token}` }
  for (const path of ["/check/api/v1/runs", "/check/", "/check"])
    expect((await fetch(`${it.url}${path}`, { headers })).status).toBe(404)
})

test("headers that say who somebody is make nobody of a stranger", async () => {
  const answer = await fetch(`${it.url}/api/v1/runs`, { headers: spoofed })
  expect(answer.status).toBe(401)
})

test("they make no owner of a viewer", async () => {
  const words = ["tokens", "create", crypto.randomUUID(), "--role", "viewer", "--json"]
  const { token } = JSON.parse((await it.wf(words)).stdout) as { token: string }
  const headers = { ...spoofed, authorization: `Bearer ${token}`, "content-type": "application/json" }
  const answer = await fetch(`${it.url}/api/v1/jobs`, {
    method: "POST",
    headers,
    body: JSON.stringify({ type: "noop", payload: {} }),
  })
  expect(answer.status).toBe(403)
})

describe("a token of a session", () => {
  let real = ""
  let keys = ""
  beforeAll(async () => {
    const email = `${crypto.randomUUID()}@example.test`
    const body = JSON.stringify({ email, password: "correct horse battery", name: "Ada" })
    const headers = { "content-type": "application/json" }
    const path = `${it.url}/api/v1/auth`
    await fetch(`${path}/register`, { method: "POST", headers, body })
    const grant = await fetch(`${path}/login`, { method: "POST", headers, body: loginOf(body) })
    real = ((await grant.json()) as { access_token: string }).access_token
    keys = await (await fetch(`${it.url}/.well-known/jwks.json`)).text()
  })

  const loginOf = (text: string): string => {
    const { email, password } = JSON.parse(text) as { email: string; password: string }
    return JSON.stringify({ email, password })
  }

  const asked = async (token: string) =>
    (await fetch(`${it.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } })).status

  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

  test("opens its own door", async () => {
    expect(await asked(real)).toBe(200)
  })

  test.each(["none", "public key", "kid", "jku", "jwk", "signature", "claims", "end"])(
    "opens nothing once it was forged: %s",
    async (what) => {
      const [head = "", claims = "", signature = ""] = real.split(".")
      const header = JSON.parse(Buffer.from(head, "base64url").toString()) as JWTPayload
      const payload = JSON.parse(Buffer.from(claims, "base64url").toString()) as JWTPayload
      const secret = new TextEncoder().encode(keys)
      const hs = (more: object) =>
        new SignJWT(payload).setProtectedHeader({ ...header, alg: "HS256", ...more }).sign(secret)
      const forged: Record<string, () => Promise<string> | string> = {
        none: () => new UnsecuredJWT(payload).encode(),
        "public key": () => hs({}),
        kid: () => `${part({ ...header, kid: "../../../dev/null" })}.${claims}.${signature}`,
        jku: () => `${part({ ...header, jku: "http://127.0.0.1:1/keys" })}.${claims}.${signature}`,
        jwk: () => hs({ jwk: { kty: "oct", k: Buffer.from(secret).toString("base64url") } }),
        signature: () => `${head}.${claims}.${signature.split("").reverse().join("")}`,
        claims: () => `${head}.${part({ ...payload, role: "owner", sub: crypto.randomUUID() })}.${signature}`,
        end: () => `${head}.${part({ ...payload, exp: 99_999_999_999 })}.${signature}`,
      }
      expect(await asked((await forged[what]?.()) ?? "")).toBe(401)
    },
  )
})
