import { randomBytes } from "node:crypto"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import type { Running } from "#deploy/engines/engine.ts"
import { envoy } from "#deploy/engines/envoy.ts"
import { createOwnedFolder } from "#deploy/engines/owned-folder.ts"
import { takePorts } from "#deploy/engines/ports.ts"
import { testCache } from "#deploy/engines/testing/usable.ts"
import { replaced } from "#deploy/gateway/replaced.ts"
import { type GatewayPlace, gatewayConfiguration } from "#deploy/stack/configuration.ts"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Authenticate } from "#kernel/auth/authenticate.ts"
import { key_bytes, platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { type App, createApp } from "#kernel/http/app.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Routes, type RpcServer, serveRpc } from "#kernel/rpc/server.ts"
import type { RpcTls } from "#kernel/rpc/tls.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { until } from "#kernel/testing/until.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { mountCheck } from "#services/iam/gateway/check.ts"

export const clusters = [
  "iam",
  "workflow",
  "scheduler",
  "metadata",
  "artifact",
  "notification",
  "board",
  "s3",
]

/** The one credential that the stand of identity takes. */
export const credential = { authorization: "Bearer wft_good" }

/** Judges as identity does, and remembers what it was asked. */
const judging =
  (asked: string[]): Authenticate =>
  async ({ authorization = "", workspace = "" }) => {
    asked.push(`${authorization} ${workspace}`.trim())
    if (authorization !== credential.authorization) throw new Problem("auth.invalid")
    if (workspace === "elsewhere") throw new Problem("workspace.not_found")
    if (workspace === "shut") throw new Problem("member.suspended")
    return {} as Actor
  }

/** Identity's own door for the gateway, over a judge that is no database. */
const checksBy = (authenticate: Authenticate): App => {
  const app = createApp({ service: "iam", log: silentLog, metrics: createMetrics(), authenticate })
  mountCheck(app, authenticate)
  return app
}

type Standing = { readonly keys: string; readonly checks: App }

/** Stands for a service: says which it is and what it was sent, and holds on to a stream. */
const stand = (name: string, { keys, checks }: Standing) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    websocket: { message: (socket, text) => void socket.send(`${name} heard ${text}`) },
    fetch(request, server) {
      const { pathname } = new URL(request.url)
      if (request.headers.get("upgrade") === "websocket" && server.upgrade(request)) return undefined
      if (pathname === "/health/live") return new Response("ok")
      if (name === "iam" && pathname.startsWith("/check/")) return checks.fetch(request)
      if (name === "iam" && pathname === "/.well-known/jwks.json") {
        return new Response(keys, { headers: { "x-stand": name } })
      }
      if (pathname.endsWith("/events")) {
        const body = new ReadableStream({ start: (controller) => controller.enqueue("data: first\n\n") })
        return new Response(body, { headers: { "content-type": "text/event-stream", "x-stand": name } })
      }
      const headers = { "x-stand": name, "x-seen": JSON.stringify([...request.headers]), "x-path": pathname }
      return new Response(null, { status: 204, headers })
    },
  })

/** Stands for the scheduler's calls. */
const standForCalls = async (authenticate: Authenticate, tls?: RpcTls): Promise<RpcServer> => {
  const routes: Routes = (router) => {
    router.service(SchedulerService, { getRun: ({ runId }) => ({ runJson: runId }), report: () => ({}) })
  }
  const tokens = serviceTokens("iam", platformKey(randomBytes(key_bytes).toString("base64")))
  const doors = { service: "iam", tokens, log: silentLog, authenticate }
  return serveRpc([{ routes, doors }], { host: "127.0.0.1", port: 0, log: silentLog, tls })
}

const signing = async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] })
  const sign = (claims: Readonly<Record<string, unknown>>, key = privateKey) =>
    new SignJWT({ iss: "wf-iam", aud: "wf", exp: Math.floor(Date.now() / 1000) + 300, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .sign(key)
  return { keys, sign }
}

export type Gateway = {
  readonly url: string
  /** Which credentials identity was asked about. */
  readonly asked: string[]
  /** What anybody may know: the public keys, as a JWK set. */
  readonly keys: string
  /** An access token; by default one that the gateway takes. */
  sign(claims: Readonly<Record<string, unknown>>, key?: CryptoKey): Promise<string>
  stopService(name: string): Promise<void>
  stop(): Promise<void>
}

/** What the gateway is given besides where the services are. */
export type GatewayAsked = Pick<GatewayPlace, "per_address" | "parts"> & {
  /** What the scheduler takes calls with, if it is by TLS. */
  readonly calls_tls?: RpcTls
  /** How long identity is not asked again; as the file says, if it is undefined. */
  readonly known_ms?: number
}

const said_known_ms = 20_000

/** Envoy as in a stack, before stands of the services. */
export const startGateway = async (given: GatewayAsked = {}): Promise<Gateway> => {
  const { calls_tls, known_ms = said_known_ms, ...extra } = given
  const folder = await createOwnedFolder(tmpdir(), "wf-gateway-test")
  const asked: string[] = []
  const { keys, sign } = await signing()
  const authenticate = judging(asked)
  const calls = await standForCalls(authenticate, calls_tls)
  const standing = { keys, checks: checksBy(authenticate) }
  const stands = new Map(clusters.map((name) => [name, stand(name, standing)]))
  const { port } = await takePorts(["port"])
  const places = new Map([...stands].map(([name, server]) => [name, `127.0.0.1:${server.port}`]))
  places.set("scheduler_rpc", `127.0.0.1:${calls.port}`)
  const config = join(folder, "envoy.json")
  const configuration = await gatewayConfiguration({ port, clusters: places, ...extra })
  await Bun.write(config, replaced(configuration, `known_ms = ${said_known_ms}`, `known_ms = ${known_ms}`))
  await envoy.install(testCache)
  const running: Running = await envoy.start({ cache: testCache, folder, config })
  const url = `${extra.parts?.tls ? "https" : "http"}://127.0.0.1:${port}`
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers, tls: { rejectUnauthorized: false } })
  await until("the gateway is ready", async () => (await ask("/health/ready")).status === 200)
  const knowsKeys = async () => {
    const authorization = `Bearer ${await sign({ jti: crypto.randomUUID() })}`
    return (await ask("/api/v1/runs", { authorization })).status === 204
  }
  await until("the gateway has the keys", knowsKeys)
  asked.length = 0
  return {
    ...{ url, asked, keys, sign },
    stopService: async (name) => stands.get(name)?.stop(true),
    async stop() {
      await running.stop()
      await calls.stop()
      for (const server of stands.values()) await server.stop(true)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
