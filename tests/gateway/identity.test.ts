import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Agent, get } from "node:http"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { envoy } from "#deploy/engines/envoy.ts"
import { isUsable } from "#deploy/engines/testing/usable.ts"
import { until } from "#kernel/testing/until.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { operations } from "../e2e/operations.ts"
import { credential, type Gateway, startGateway } from "./given.ts"

const refusalOf = (call: Promise<unknown>): Promise<Code | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  )

/** One connection, and so one thread of the gateway. */
const asker = (gateway: Gateway) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (headers: Record<string, string>, method = "GET"): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = get(`${gateway.url}/api/v1/runs`, { agent, headers, method }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode))
      })
      request.once("error", reject)
    })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe.skipIf(!isUsable(envoy))("who comes through the gateway", () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
  }, 900_000)
  afterAll(() => gateway.stop())

  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const answer = await fetch(`${gateway.url}${path}`, { method, headers, redirect: "manual" })
    const text = await answer.text()
    return {
      status: answer.status,
      stand: answer.headers.get("x-stand"),
      body: text === "" || !text.startsWith("{") ? undefined : JSON.parse(text),
    }
  }

  test("nobody without a credential reaches more than what is open", async () => {
    const wrong: string[] = []
    const all = await operations()
    for (const { method, path, isOpen } of all) {
      const filled = path.replaceAll(/\{[^}]+\}/g, "x")
      const { status, stand } = await ask(filled, {}, method)
      const is_right = isOpen ? stand !== null : status === 401 && stand === null
      if (!is_right) wrong.push(`${method} ${path} ${status}`)
    }
    expect(wrong).toEqual([])
    expect(all.filter(({ isOpen }) => isOpen).length).toBeGreaterThan(2)
  })

  test("they are told so as a service would tell them", async () => {
    const answer = await fetch(`${gateway.url}/api/v1/runs`)
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(await answer.json()).toMatchObject({ status: 401, code: "auth.invalid" })
  })

  test("whatever identity refuses them for is what they are told", async () => {
    for (const [workspace, status, code] of [
      ["elsewhere", 404, "workspace.not_found"],
      ["shut", 403, "member.suspended"],
    ] as const) {
      const answer = await ask("/api/v1/runs", { ...credential, "wf-workspace": workspace })
      expect(answer).toMatchObject({ status, stand: null, body: { status, code } })
    }
  })

  test.each([
    "/api/v1/auth/login/../../runs",
    "/api/v1/auth/login/%2e%2e/%2e%2e/runs",
    "/api/v1/auth/login%2f..%2f..%2fruns",
    "/api/v1/auth/login;/../../runs",
    "/hooks/../api/v1/runs",
    "/hooks/%2e%2e/api/v1/runs",
    "//api/v1/runs",
    "/hooks//../api/v1/runs",
    "/.well-known/jwks.json/../../api/v1/runs",
    "/openapi.json/../api/v1/runs",
    "/docs/../api/v1/runs",
    "/docs/scalar.js/../../api/v1/runs",
    "/health/live/../../api/v1/runs",
    "/api/v1/auth/refresh\\..\\..\\runs",
    "/api/v1/auth/login/",
    "/api/v1/auth/oidc/",
    "/api/v1/auth/oidc/start/../../me",
    "/api/v1/auth/oidc/callback/%2e%2e/%2e%2e/me",
    "/api/v1/auth/oidc/token;/me",
    "/api/v1/auth/me?/api/v1/auth/login",
  ])("%s is no way around it", async (path) => {
    const status = await new Promise((resolve, reject) => {
      // Unlike fetch, this sends the path as it is.
      const request = get(gateway.url, { path, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.headers["x-stand"] ?? answer.statusCode)
      })
      request.once("error", reject)
    })
    expect([400, 401, 404]).toContain(status as number)
  })

  test("a token that its signature vouches for costs no question, any other does", async () => {
    gateway.asked.length = 0
    const token = await gateway.sign({ jti: "1" })
    expect(await ask("/api/v1/runs", bearer(token))).toMatchObject({ status: 204, stand: "scheduler" })
    expect(gateway.asked).toEqual([])
    expect(await ask("/api/v1/runs", { ...credential, "wf-workspace": "w" })).toMatchObject({ status: 204 })
    expect(gateway.asked).toEqual([`${credential.authorization} w`])
  })

  test("who was let through isn't asked about again for a while, who was refused is", async () => {
    const askHere = asker(gateway)
    gateway.asked.length = 0
    const known = { ...credential, "wf-workspace": "known" }
    for (let time = 0; time < 5; time += 1) expect(await askHere(known)).toBe(204)
    expect(gateway.asked).toEqual([`${credential.authorization} known`])
    const unknown: readonly (readonly [Record<string, string>, number])[] = [
      [{ ...credential, "wf-workspace": "shut" }, 403],
      [{ ...credential, "wf-workspace": "other" }, 204],
      [bearer("wft_goo"), 401],
      [bearer("wft_good "), 204],
      [{ "wf-workspace": "known" }, 401],
      [{ "wf-passed": "yes" }, 401],
    ]
    for (const [headers, status] of unknown) expect(await askHere(headers)).toBe(status)
    gateway.asked.length = 0
    for (const [headers, status] of unknown) expect(await askHere(headers)).toBe(status)
    expect(gateway.asked).toEqual([`${credential.authorization} shut`, "Bearer wft_goo", "known", ""])
  })

  const forged = async (): Promise<Readonly<Record<string, string>>> => {
    const now_s = Math.floor(Date.now() / 1000)
    const claims: JWTPayload = { iss: "wf-iam", aud: "wf", exp: now_s + 300 }
    const stranger = (await generateKeyPair("ES256")).privateKey
    const [head = "", , signature = ""] = (await gateway.sign({})).split(".")
    const other = Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url")
    const open_key = new TextEncoder().encode(gateway.keys)
    const header = { alg: "HS256", kid: "k" }
    return {
      "no algorithm": new UnsecuredJWT(claims).encode(),
      "the public key as a secret": await new SignJWT(claims).setProtectedHeader(header).sign(open_key),
      "somebody else's key": await gateway.sign({}, stranger),
      "other claims under its signature": `${head}.${other}.${signature}`,
      "another issuer": await gateway.sign({ iss: "somebody" }),
      "another audience": await gateway.sign({ aud: "somebody" }),
      "an end that is over": await gateway.sign({ exp: now_s - 120 }),
      "no end": await gateway.sign({ exp: undefined }),
      "no signature": `${head}.${other}.`,
      "nothing in it": "..",
      "a NUL in it": "a%00b",
    }
  }

  test("a token that is forged is refused", async () => {
    const tokens = Object.entries(await forged())
    const answers = await Promise.all(
      tokens.map(async ([name, token]) => [name, (await ask("/api/v1/runs", bearer(token))).status]),
    )
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(tokens.map(([name]) => [name, 401])))
  })

  test("a browser may ask before it sends", async () => {
    expect(await ask("/api/v1/runs", {}, "OPTIONS")).toMatchObject({ status: 204, stand: "scheduler" })
    const forged = bearer("wft_forged")
    const askHere = asker(gateway)
    expect(await askHere(forged, "OPTIONS")).toBe(204)
    expect(await askHere(forged)).toBe(401)
  })

  test("calls reach what is for users, with gRPC and gRPC-Web, and nothing else", async () => {
    const grpc = createClient(SchedulerService, createGrpcTransport({ baseUrl: gateway.url }))
    const web = createClient(
      SchedulerService,
      createGrpcWebTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
    )
    for (const client of [grpc, web]) {
      expect(await client.getRun({ runId: "r" }, { headers: credential })).toMatchObject({ runJson: "r" })
      expect(await refusalOf(client.getRun({ runId: "r" }))).toBe(Code.Unauthenticated)
      expect(await refusalOf(client.report({}, { headers: credential }))).toBe(Code.Unimplemented)
    }
  })

  test("where identity is away, nobody comes in who has to be asked about", async () => {
    const askHere = asker(gateway)
    const before = { ...credential, "wf-workspace": "before" }
    expect(await askHere(before)).toBe(204)
    await gateway.stopService("iam")
    expect(await askHere(before)).toBe(204)
    const after = { ...credential, "wf-workspace": "after" }
    const answer = await fetch(`${gateway.url}/api/v1/runs`, { headers: after })
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"])
    expect(await answer.json()).toMatchObject({ code: "platform.unavailable" })
    const known = bearer(await gateway.sign({ jti: "2" }))
    expect(await ask("/api/v1/runs", known)).toMatchObject({ status: 204, stand: "scheduler" })
  })
})

test.skipIf(!isUsable(envoy))("who was let through is asked about again later", async () => {
  const gateway = await startGateway({ known_ms: 50 })
  try {
    const askHere = asker(gateway)
    await until("it is asked again", async () => {
      expect(await askHere(credential)).toBe(204)
      return gateway.asked.length >= 3
    })
    expect(new Set(gateway.asked)).toEqual(new Set([credential.authorization]))
  } finally {
    await gateway.stop()
  }
})

test.skipIf(!isUsable(envoy))("from one address come only so many requests, whoever sends them", async () => {
  const gateway = await startGateway({ per_address: 20 })
  try {
    const ask = () => fetch(`${gateway.url}/api/v1/runs`, { headers: credential })
    const answers = await Promise.all(Array.from({ length: 60 }, ask))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(20)
    expect(refused[0]?.headers.get("retry-after")).toBe("1")
    expect(await refused[0]?.json()).toMatchObject({ status: 429, code: "request.too_many" })
  } finally {
    await gateway.stop()
  }
})
