import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2"
import { fromBinary, toBinary } from "@bufbuild/protobuf"
import {
  Code,
  ConnectError,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect"
import type { Http2SessionManager } from "@connectrpc/connect-node"
import { answerOf, askUnary, nameOf } from "./unary.ts"
import { content_type, createFrame, failureIn, framed, limitText } from "./wire.ts"

type WireOptions = {
  readonly sessions: Http2SessionManager
  readonly url: string
  readonly outgoing: readonly Interceptor[]
  readonly default_ms: number
}

/** Unary calls over a connection, as gRPC. The library's own way, which is made for streams, costs several times as much. */
export const wireUnary = ({ sessions, url, outgoing, default_ms }: WireOptions): Transport["unary"] =>
  askUnary({
    ...{ base: url, outgoing, default_ms },
    async send(request, { answer }, limit_ms) {
      const sending = openStream(sessions, request, limit_ms)
      try {
        return await answer(async () => heard(request, await sending, sessions))
      } catch (error) {
        // Whoever is still busy with it learns that nobody waits.
        void sending.then(cancel, () => undefined)
        throw asConnectError(error)
      }
    },
  })

/** What the connection says of itself means that the other side can't be reached. */
const asConnectError = (error: unknown): ConnectError =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? new ConnectError(error.message, Code.Unavailable, undefined, undefined, error)
    : ConnectError.from(error)

const openStream = async (
  sessions: Http2SessionManager,
  { method, header, message }: UnaryRequest,
  limit_ms: number,
): Promise<ClientHttp2Stream> => {
  const body = framed(toBinary(method.input, message))
  const headers = {
    ...Object.fromEntries(header),
    "content-type": content_type,
    te: "trailers",
    "grpc-timeout": limitText(limit_ms),
  }
  const stream = await sessions.request("POST", `/${nameOf(method)}`, headers, {})
  // Also where nobody waits for it any more.
  stream.on("error", () => undefined)
  stream.end(body)
  return stream
}

const cancel = (stream: ClientHttp2Stream): void => {
  if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
}

/** Listens until all has come; a connection that ends before is heard as a call that was cut off. */
const heard = (
  { method }: UnaryRequest,
  stream: ClientHttp2Stream,
  sessions: Http2SessionManager,
): Promise<UnaryResponse> =>
  new Promise((resolve, reject) => {
    const frame = createFrame(Number.POSITIVE_INFINITY)
    let status: IncomingHttpHeaders | undefined
    let is_over = false
    const finish = () => {
      if (is_over) return
      is_over = true
      const failure = failureIn(status ?? {})
      if (failure) return reject(failure)
      try {
        resolve(answerOf(method, fromBinary(method.output, frame.message())))
      } catch (error) {
        reject(error)
      }
    }
    const note = (headers: IncomingHttpHeaders) => {
      if (headers["grpc-status"] === undefined) return
      status = headers
      if (stream.readableEnded) finish()
    }
    stream.on("response", note)
    stream.on("trailers", note)
    stream.on("data", (piece: Buffer) => {
      sessions.notifyResponseByteRead(stream)
      frame.take(piece)
    })
    stream.on("end", () => {
      if (status) finish()
    })
    stream.on("error", reject)
    stream.on("close", finish)
  })
