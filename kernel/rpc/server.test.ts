import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { connect } from "node:net"
import { Code, ConnectError, type ConnectRouter, createClient, type Interceptor } from "@connectrpc/connect"
import { key_bytes, platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { networkTransport } from "./network.ts"
import { type RpcServer, serveRpc } from "./server.ts"

const key = platformKey(randomBytes(key_bytes).toString("base64"))
const tokens = serviceTokens("worker", key)
let server: RpcServer
let answered = 0

beforeAll(async () => {
  const doors = { service: "iam", tokens: serviceTokens("iam", key), log: silentLog }
  const routes = (router: ConnectRouter) => {
    router.service(IamService, {
      validateToken(request) {
        answered += 1
        return { userId: String(request.token.length) }
      },
    })
  }
  server = await serveRpc([{ routes, doors }], { host: "127.0.0.1", port: 0, log: silentLog })
})
afterAll(() => server.stop())

const ask = async (authorization: string | undefined, token = ""): Promise<string> => {
  const showing: Interceptor = (next) => (request) => {
    if (authorization !== undefined) request.header.set("authorization", authorization)
    return next(request)
  }
  const client = createClient(IamService, networkTransport(`http://127.0.0.1:${server.port}`, [showing]))
  const answer = await client.validateToken({ token }).catch((error: unknown) => ConnectError.from(error))
  return answer instanceof ConnectError ? (Code[answer.code] ?? "") : answer.userId
}

test("only a service of the platform with a token for just this service is answered", async () => {
  const stranger = serviceTokens("worker", platformKey(randomBytes(key_bytes).toString("base64")))
  const refused = [
    undefined,
    "",
    "Bearer",
    "Bearer a.b.c",
    "Bearer wft_somebody",
    "Basic d29ya2VyOg==",
    `Bearer ${"a".repeat(10_000)}`,
    `Bearer ${await tokens.issue("scheduler")}`,
    `Bearer ${await stranger.issue("iam")}`,
  ]
  for (const authorization of refused)
    expect([authorization, await ask(authorization)]).toEqual([authorization, "Unauthenticated"])
  expect(answered).toBe(0)
  expect(await ask(`Bearer ${await tokens.issue("iam")}`)).toBe("0")
})

test("a message that is too large is refused, and the next is answered", async () => {
  const authorization = `Bearer ${await tokens.issue("iam")}`
  expect(await ask(authorization, "x".repeat(17 * 1024 * 1024))).toBe("ResourceExhausted")
  expect(await ask(authorization, "x".repeat(1024 * 1024))).toBe(String(1024 * 1024))
})

test("what isn't HTTP/2, or stops in the middle of it, harms nobody", async () => {
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
  const pieces = [Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), randomBytes(5_000), Buffer.from(preface)]
  for (const bytes of [...pieces, Buffer.concat([Buffer.from(preface), randomBytes(5_000)])]) {
    const ended = Promise.withResolvers<void>()
    const socket = connect(server.port, "127.0.0.1")
    socket.on("error", () => ended.resolve())
    socket.on("close", () => ended.resolve())
    socket.end(bytes)
    socket.resume()
    await ended.promise
  }
  expect(await ask(`Bearer ${await tokens.issue("iam")}`)).toBe("0")
})
