import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2"
import { toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect"
import { compressionGzip, createGrpcTransport } from "@connectrpc/connect-node"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { IamService, ValidateTokenRequestSchema } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { caller } from "./client.ts"
import { networkTransport } from "./network.ts"
import { type Routes, type RpcServer, serveRpc } from "./server.ts"
import { framed, limitText, timeLimit } from "./wire.ts"

const key = platformKey(randomBytes(32).toString("base64"))
const path = "/wf.iam.v1.IamService/ValidateToken"

/** Answers what it was given, told by its first letters to do otherwise. */
const held = new Map<string, HandlerContext>()
const routes: Routes = (router) => {
  router.service(IamService, {
    async validateToken({ token }, context) {
      if (token.startsWith("wrong")) throw new Problem("workflow.invalid", { detail: "„ü\n🎉% is wrong" })
      if (token.startsWith("hold")) {
        held.set(token, context)
        await new Promise<void>(() => undefined)
      }
      return { userId: token }
    },
  })
}

let server: RpcServer
let authorization = ""
beforeAll(async () => {
  const doors = { service: "iam", tokens: serviceTokens("iam", key), log: silentLog }
  server = await serveRpc([{ routes, doors }], { host: "127.0.0.1", port: 0, log: silentLog })
  authorization = `Bearer ${await serviceTokens("worker", key).issue("iam")}`
})
afterAll(() => server.stop())

const url = () => `http://127.0.0.1:${server.port}`

/** As the platform's services call each other. */
const ours = () =>
  caller((_, outgoing) => networkTransport(url(), outgoing), serviceTokens("worker", key))("iam", IamService)

test.each([0, 1, 5, 70_000, 12 * 1024 * 1024])("%d letters go there and come back", async (length) => {
  const token = "x".repeat(length)
  expect((await ours().validateToken({ token })).userId).toBe(token)
})

test("many calls at once are each answered with their own", async () => {
  const client = ours()
  const tokens = Array.from({ length: 500 }, (_, index) => `${index} ${"y".repeat(index * 20)}`)
  const answers = await Promise.all(tokens.map((token) => client.validateToken({ token })))
  expect(answers.map(({ userId }) => userId)).toEqual(tokens)
})

test("who hangs up, at whatever moment, is told so, and the next call is answered", async () => {
  const client = ours()
  const atOnce = new AbortController()
  const early = client.validateToken({ token: "hold" }, { signal: atOnce.signal })
  atOnce.abort()
  await expect(early).rejects.toThrow()
  const later = new AbortController()
  const late = client.validateToken({ token: "hold this" }, { signal: later.signal })
  await until("it is held", () => held.has("hold this"))
  later.abort()
  await expect(late).rejects.toThrow()
  // More than open the circuit, had they been taken for failures of the other side.
  expect((await client.validateToken({ token: "on" })).userId).toBe("on")
  for (let times = 0; times < 8; times += 1)
    await client.validateToken({ token: "hold" }, { signal: AbortSignal.abort() }).catch(() => undefined)
  expect((await client.validateToken({ token: "still" })).userId).toBe("still")
})

describe("another's client", () => {
  const theirs = (more: object = {}) =>
    createClient(
      IamService,
      createGrpcTransport({
        ...{ baseUrl: url(), ...more },
        interceptors: [
          (next) => (request) => {
            request.header.set("authorization", authorization)
            return next(request)
          },
        ],
      }),
    )

  test("is answered, and told what is wrong", async () => {
    expect((await theirs().validateToken({ token: "them" })).userId).toBe("them")
    const refused = await theirs()
      .validateToken({ token: "wrong" })
      .catch((error: unknown) => ConnectError.from(error))
    expect(refused).toMatchObject({ code: Code.InvalidArgument, rawMessage: "„ü\n🎉% is wrong" })
  })

  test("may compress what it sends", async () => {
    const packing = { sendCompression: compressionGzip, compressMinBytes: 0 }
    const token = "z".repeat(5_000)
    expect((await theirs(packing).validateToken({ token })).userId).toBe(token)
  })
})

type Raw = { readonly headers: IncomingHttpHeaders; readonly bytes: number }

describe("whatever comes over the connection", () => {
  let session: ClientHttp2Session
  beforeAll(() => {
    session = connect(url())
  })
  afterAll(() => void session.destroy())

  /** What is answered to these bytes: the status may be in the headers or after them. */
  const sent = (bytes: Uint8Array, more: Record<string, string> = {}): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, "content-type": "application/grpc", te: "trailers", ...more }
      const stream = session.request({ ":method": "POST", ":path": path, ...headers })
      let heard: IncomingHttpHeaders = {}
      let count = 0
      const note = (some: IncomingHttpHeaders) => {
        heard = { ...heard, ...some }
      }
      stream.on("response", note)
      stream.on("trailers", note)
      stream.on("data", (piece: Buffer) => {
        count += piece.length
      })
      stream.on("close", () => resolve({ headers: heard, bytes: count }))
      stream.on("error", reject)
      stream.end(bytes)
    })

  const message = framed(
    toBinary(ValidateTokenRequestSchema, {
      $typeName: "wf.iam.v1.ValidateTokenRequest",
      token: "me",
    } as never),
  )
  const flagged = Buffer.from(message)
  flagged[0] = 1

  test.each([
    ["nothing", new Uint8Array(), Code.InvalidArgument],
    ["half a prefix", message.subarray(0, 3), Code.InvalidArgument],
    ["half a message", message.subarray(0, -1), Code.InvalidArgument],
    ["two messages", Buffer.concat([message, message]), Code.InvalidArgument],
    ["what is no message", framed(Buffer.from([0xff, 0xff, 0xff])), Code.InvalidArgument],
    ["what says it is compressed", flagged, Code.Internal],
  ])("%s is refused", async (_, bytes, code) => {
    expect((await sent(bytes)).headers["grpc-status"]).toBe(String(code))
  })

  test("a whole message is answered after it", async () => {
    const { headers, bytes } = await sent(message)
    expect(headers).toMatchObject({ ":status": 200, "grpc-status": "0" })
    expect(bytes).toBeGreaterThan(5)
  })

  test("another path, or another kind of content, is the library's to refuse", async () => {
    const { headers } = await sent(message, { ":path": "/wf.iam.v1.IamService/Nothing" })
    expect(headers["grpc-status"] ?? headers[":status"]).not.toBe("0")
    expect((await sent(message, { "content-type": "text/plain" })).headers).toMatchObject({ ":status": 415 })
  })

  test("who is late, or hangs up, is not worked for any more", async () => {
    const late = await sent(
      framed(
        toBinary(ValidateTokenRequestSchema, {
          $typeName: "wf.iam.v1.ValidateTokenRequest",
          token: "hold late",
        } as never),
      ),
      {
        "grpc-timeout": "30m",
      },
    )
    expect(late.headers["grpc-status"]).toBe(String(Code.DeadlineExceeded))
    const leaving = new AbortController()
    const call = ours().validateToken({ token: "hold me" }, { signal: leaving.signal })
    await until("both are held", () => held.has("hold late") && held.has("hold me"))
    leaving.abort()
    await expect(call).rejects.toThrow()
    await until("both are told", () =>
      ["hold late", "hold me"].every((token) => held.get(token)?.signal.aborted),
    )
  })
})

test.each([
  ["30m", 30],
  ["2S", 2_000],
  ["1H", 3_600_000],
  ["500u", 0.5],
  ["99999999H", 2 ** 31 - 1],
  ["", undefined],
  ["-1S", undefined],
  ["123456789m", undefined],
  ["5x", undefined],
])("a time limit of %p is %p ms", (text, limit_ms) => {
  expect(timeLimit({ "grpc-timeout": text })).toBe(limit_ms as never)
})

test("a limit is written so that it can be read", () => {
  expect(timeLimit({ "grpc-timeout": limitText(1_500.2) })).toBe(1_501)
  expect(limitText(-5)).toBe("0m")
})
