import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { rm } from "node:fs/promises"
import { connect as connectHttp2 } from "node:http2"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ConnectionOptions, connect } from "node:tls"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { runCommand } from "#deploy/engines/command.ts"
import { envoy } from "#deploy/engines/envoy.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { createOwnedFolder } from "#deploy/engines/owned-folder.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { withFilesHere } from "#deploy/stack/configuration.ts"
import { createAuthority } from "#kernel/testing/certificates.ts"
import { startCollector } from "#kernel/testing/collector.ts"
import { until } from "#kernel/testing/until.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { credential, type Gateway, startGateway } from "./given.ts"

const root = join(import.meta.dir, "..", "..")
const authority = createAuthority()

const certified = async (names: readonly string[] = ["127.0.0.1", "wf.test"], by = authority) => {
  const folder = await createOwnedFolder(tmpdir(), "wf-gateway-tls-test")
  const pair = by.certify(...names)
  const in_folder = (name: string) => join(folder, `${name}.pem`)
  const files = { certificate: in_folder("cert"), key: in_folder("key"), ca: in_folder("ca") }
  await Bun.write(files.certificate, pair.certificate)
  await Bun.write(files.key, pair.key)
  await Bun.write(files.ca, authority.certificate)
  return { folder, files }
}

const schedulerTls = (...names: readonly string[]) => ({
  ...authority.certify(...names),
  ca: authority.certificate,
})

const overHttp2 = (url: string) =>
  new Promise<unknown>((resolve, reject) => {
    const session = connectHttp2(url, { ca: authority.certificate })
    session.once("error", reject)
    const stream = session.request({ ":path": "/api/v1/runs", ...credential })
    stream.once("response", (headers) => {
      resolve([headers[":status"], headers["x-stand"]])
      session.destroy()
    })
    stream.once("error", reject)
    stream.end()
  })

const overHttp1 = (url: string) =>
  new Promise<unknown>((resolve, reject) => {
    const options = { ca: authority.certificate, headers: credential, agent: false as const }
    const asked = request(`${url}/api/v1/runs`, options, (answer) => {
      answer.resume()
      resolve([answer.httpVersion, answer.statusCode, answer.headers["x-stand"]])
    })
    asked.once("error", reject)
    asked.end()
  })

/** The version that both agree on, or why they don't. */
const handshake = (url: string, options: ConnectionOptions) =>
  new Promise<string>((resolve) => {
    const { hostname: host, port } = new URL(url)
    const socket = connect({ host, port: Number(port), ca: authority.certificate, ...options })
    socket.once("secureConnect", () => {
      resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`)
      socket.destroy()
    })
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })

describe.skipIf(!isUsable(envoy))("the gateway with TLS and traces", () => {
  let gateway: Gateway
  let files: Awaited<ReturnType<typeof certified>>
  const collector = startCollector()

  beforeAll(async () => {
    files = await certified()
    gateway = await startGateway({ parts: { tls: files.files, otlp_url: collector.url } })
  }, 900_000)
  afterAll(async () => {
    await gateway.stop()
    await collector.stop()
    await rm(files.folder, { recursive: true, force: true })
  })

  test("is reached by HTTPS, over HTTP/2 and over HTTP/1.1", async () => {
    expect(await overHttp2(gateway.url)).toEqual([204, "scheduler"])
    expect(await overHttp1(gateway.url)).toEqual(["1.1", 204, "scheduler"])
  })

  test("speaks TLS 1.2 and 1.3, and nothing older", async () => {
    const both = { ALPNProtocols: ["h2", "http/1.1"] }
    expect(await handshake(gateway.url, both)).toBe("TLSv1.3 h2")
    expect(await handshake(gateway.url, { maxVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] })).toBe(
      "TLSv1.2 http/1.1",
    )
    // The word is Envoy's: it is what it sends before it hangs up.
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const
    expect(await handshake(gateway.url, old)).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION")
  })

  test("takes no cipher without forward secrecy", async () => {
    const options = { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256:AES256-SHA" } as const
    expect(await handshake(gateway.url, options)).toBe("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE")
  })

  test("answers nothing to plain HTTP", async () => {
    const plain = gateway.url.replace("https:", "http:")
    await expect(fetch(`${plain}/health/live`)).rejects.toThrow()
  })

  test("a request's span is sent to the collector, and the service's will be below it", async () => {
    const headers = { ...credential, traceparent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01` }
    const answer = await fetch(`${gateway.url}/hooks/a-key?X-Amz-Signature=a-signature`, {
      ...{ method: "POST", headers, tls: { ca: authority.certificate } },
    })
    const seen = Object.fromEntries(JSON.parse(answer.headers.get("x-seen") ?? "[]"))
    const [, trace = "", span = ""] = String(seen.traceparent).split("-")
    expect([trace, span === "cd".repeat(8)]).toEqual(["ab".repeat(16), false])
    const ids = [Buffer.from(trace, "hex"), Buffer.from(span, "hex")]
    await until("the span has come", async () => collector.has(Buffer.from("wf-gateway"), ...ids))
    expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(["/v1/traces"]))
  })

  test("a request without a trace begins one; what is secret in a path is in no span", async () => {
    const answer = await fetch(`${gateway.url}/hooks/a-key?X-Amz-Signature=a-signature`, {
      ...{ method: "POST", tls: { ca: authority.certificate } },
    })
    const seen = Object.fromEntries(JSON.parse(answer.headers.get("x-seen") ?? "[]"))
    const [, trace = "", span = ""] = String(seen.traceparent).split("-")
    const ids = [Buffer.from(trace, "hex"), Buffer.from(span, "hex")]
    await until("the span has come", async () => collector.has(...ids))
    for (const secret of ["a-key", "a-signature"]) expect(collector.has(Buffer.from(secret))).toBe(false)
  })
})

describe.skipIf(!isUsable(envoy))("calls to services that take them by TLS", () => {
  /** What a user's call through such a gateway is answered. */
  const callThrough = async (asked: {
    readonly scheduler: readonly string[]
    readonly by?: ReturnType<typeof createAuthority>
  }) => {
    const { folder, files } = await certified(["gateway"], asked.by)
    const gateway = await startGateway({
      parts: { rpc_tls: files },
      calls_tls: schedulerTls(...asked.scheduler),
    })
    const transport = createGrpcTransport({ baseUrl: gateway.url, defaultTimeoutMs: 10_000 })
    const answer = await createClient(SchedulerService, transport)
      .getRun({ runId: "one" }, { headers: credential })
      .then(
        ({ runJson }) => runJson,
        (error: unknown) => Code[ConnectError.from(error).code],
      )
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
    return answer
  }

  test("go through with a certificate of the right authority", async () => {
    expect(await callThrough({ scheduler: ["127.0.0.1"] })).toBe("one")
  })

  test("don't with one of another", async () => {
    expect(await callThrough({ scheduler: ["127.0.0.1"], by: createAuthority() })).toBe("Unavailable")
  })

  test("don't to a service of another name", async () => {
    expect(await callThrough({ scheduler: ["metadata", "127.0.0.2"] })).toBe("Unavailable")
  })
})

describe.skipIf(!isUsable(envoy))("what the command prints", () => {
  test("is valid to Envoy itself, with all that can be asked for", async () => {
    const { folder, files } = await certified()
    const { certificate, key, ca } = files
    const asked = [
      ...["--tls-certificate", certificate, "--tls-key", key, "--otlp", "https://collector.test/in"],
      ...["--rpc-tls-certificate", certificate, "--rpc-tls-key", key, "--rpc-tls-ca", ca],
    ]
    const words = [process.execPath, join(root, "deploy", "gateway", "main.ts"), ...asked]
    const text = await runCommand({ words })
    const config = join(folder, "envoy.json")
    const here = withFilesHere(text).replaceAll("/etc/ssl/certs/ca-certificates.crt", certificate)
    await Bun.write(config, here)
    await envoy.install(testCache)
    const binary = join(installedFolder(testCache, envoy), "envoy")
    await runCommand({ words: [binary, "--mode", "validate", "-c", config, "-l", "warn"] })
    expect(text).toContain("https://collector.test/in/v1/traces")
    await rm(folder, { recursive: true, force: true })
  })
})
