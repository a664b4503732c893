import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { connect } from "node:net"
import { Code, ConnectError, type ConnectRouter, createClient } from "@connectrpc/connect"
import { createConnectTransport } from "@connectrpc/connect-node"
import { key_bytes, platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { type Certified, createAuthority } from "#kernel/testing/certificates.ts"
import { until } from "#kernel/testing/until.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { caller } from "./client.ts"
import { networkTransport } from "./network.ts"
import { type RpcServer, serveRpc } from "./server.ts"
import { clientTls, tlsFaults } from "./tls.ts"

const key = platformKey(randomBytes(key_bytes).toString("base64"))
const tokens = serviceTokens("worker", key)
const ours = createAuthority()
const others = createAuthority()
const withCa = ({ certificate, key }: Certified, ca = ours.certificate) => ({ certificate, key, ca })
const worker = withCa(ours.certify("worker"))
let answered = 0

const serve = (tls: ReturnType<typeof withCa>): Promise<RpcServer> => {
  const doors = { service: "iam", tokens: serviceTokens("iam", key), log: silentLog }
  const routes = (router: ConnectRouter) => {
    router.service(IamService, {
      async validateToken({ token }) {
        answered += 1
        if (token === "slow") await new Promise(() => undefined)
        return { userId: "somebody" }
      },
    })
  }
  return serveRpc([{ routes, doors }], { host: "127.0.0.1", port: 0, log: silentLog, tls })
}

let server: RpcServer
let misnamed: RpcServer
beforeAll(async () => {
  server = await serve(withCa(ours.certify("iam", "127.0.0.1")))
  misnamed = await serve(withCa(ours.certify("scheduler", "127.0.0.2")))
})
afterAll(async () => {
  await server.stop()
  await misnamed.stop()
})

type Asked = { readonly port?: number; readonly scheme?: string; readonly token?: string }

/** Calls as services do: with a token, a deadline and a breaker. */
const ask = async (tls: ReturnType<typeof withCa> | undefined, extra: Asked = {}) => {
  const { port = server.port, scheme = "https", token = "" } = extra
  const url = `${scheme}://127.0.0.1:${port}`
  const call = caller((_, outgoing) => networkTransport(url, outgoing, tls), tokens)
  const begun_ms = performance.now()
  const answer = await call("iam", IamService)
    .validateToken({ token })
    .catch((error: { code?: string }) => error.code)
  expect(performance.now() - begun_ms).toBeLessThan(5_000)
  return typeof answer === "object" ? answer.userId : answer
}

describe("between services with certificates", () => {
  test("one of the right authority is answered, again and again", async () => {
    expect(await ask(worker)).toBe("somebody")
    expect(await ask(worker)).toBe("somebody")
  })

  test("nobody else gets so far as to ask", async () => {
    const before = answered
    const stranger = withCa(others.certify("worker"))
    // It says who it is in the name of our authority, but not by its key.
    const forger = withCa(createAuthority("wf-test").certify("worker"))
    for (const tls of [stranger, forger]) expect(await ask(tls)).toBe("platform.unavailable")
    const nameless = createConnectTransport({
      ...{ httpVersion: "2" as const, baseUrl: `https://127.0.0.1:${server.port}`, defaultTimeoutMs: 5_000 },
      nodeOptions: { ca: ours.certificate },
    })
    const refused = await createClient(IamService, nameless)
      .validateToken({})
      .then(
        () => Code.Unauthenticated,
        (error: unknown) => ConnectError.from(error).code,
      )
    expect([Code.Internal, Code.Unavailable]).toContain(refused)
    expect(await ask(undefined, { scheme: "http" })).toBe("platform.unavailable")
    expect(answered).toBe(before)
  })

  test("a server of another name, or of another authority, is told nothing", async () => {
    const before = answered
    expect(await ask(worker, { port: misnamed.port })).toBe("platform.unavailable")
    expect(await ask(withCa(ours.certify("worker"), others.certificate))).toBe("platform.unavailable")
    expect(answered).toBe(before)
  })

  test("a certificate is no identity: without a service's token it is refused", async () => {
    const transport = createConnectTransport({
      ...{ httpVersion: "2" as const, baseUrl: `https://127.0.0.1:${server.port}` },
      nodeOptions: clientTls(worker),
    })
    const refused = await createClient(IamService, transport)
      .validateToken({})
      .catch((error: unknown) => ConnectError.from(error))
    expect(refused).toMatchObject({ code: Code.Unauthenticated })
  })

  test("what isn't TLS, or stops in the middle of it, harms nobody", async () => {
    const hello = Buffer.from("16030100c8010000c40303", "hex")
    for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), randomBytes(5_000), hello]) {
      const ended = Promise.withResolvers<void>()
      const socket = connect(server.port, "127.0.0.1")
      socket.on("error", () => ended.resolve())
      socket.on("close", () => ended.resolve())
      socket.end(bytes)
      socket.resume()
      await ended.promise
    }
    expect(await ask(worker)).toBe("somebody")
  })

  test("a server that stops doesn't wait for those who are connected", async () => {
    const own = await serve(withCa(ours.certify("127.0.0.1")))
    expect(await ask(worker, { port: own.port })).toBe("somebody")
    const silent = connect(own.port, "127.0.0.1")
    silent.on("error", () => undefined)
    await new Promise((resolve) => silent.once("connect", resolve))
    await own.stop()
    expect(await ask(worker, { port: own.port })).toBe("platform.unavailable")
  })
})

test("a call that a stopping server was busy with fails, and isn't taken for answered", async () => {
  const own = await serve(withCa(ours.certify("127.0.0.1")))
  const before = answered
  const asking = ask(worker, { port: own.port, token: "slow" })
  await until("it is being answered", () => answered > before)
  await own.stop()
  expect(await asking).toBe("platform.unavailable")
})

test("files that don't belong together are known before they are used", () => {
  const other = ours.certify("other")
  expect(tlsFaults(worker)).toEqual([])
  expect(tlsFaults({ ...worker, key: other.key })).toEqual(["key is not that of certificate"])
  expect(tlsFaults({ certificate: "", key: "x", ca: worker.key })).toHaveLength(3)
})
