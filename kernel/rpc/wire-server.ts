import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2"
import { type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf"
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type Interceptor,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect"
import { type OpenCall, openCall } from "./call.ts"
import { type Next, serveUnary, unaryMethods, unaryRequest } from "./unary.ts"
import {
  content_type,
  createFrame,
  type Frame,
  framed,
  isPlain,
  plainHeaders,
  status_ok,
  statusOf,
  timeLimit,
} from "./wire.ts"

export type WirePart = { readonly routes: (router: ConnectRouter) => void; readonly incoming: Interceptor }

type WireOptions = {
  readonly max_bytes: number
  /** What a caller is told of what went wrong with their call. */
  readonly failed: (thrown: unknown, method: string) => ConnectError
}

export type WireServer = {
  /** Whether it is one of its calls, which it answers then. */
  takes(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean
  /** Fails those that are still being worked on. */
  stop(): void
}

type Served = { readonly method: DescMethod; readonly checked: Next }

/** Calls of one message and one answer, as gRPC writes them: read and answered without the library, for which all are streams. */
export const wireServer = (parts: readonly WirePart[], { max_bytes, failed }: WireOptions): WireServer => {
  const served = new Map<string, Served>()
  for (const { routes, incoming } of parts) {
    const methods = unaryMethods(routes)
    const checked = incoming(serveUnary(methods, "grpc"))
    for (const [name, { method }] of methods) served.set(`/${name}`, { method, checked })
  }
  const calls = new Set<OpenCall>()

  const answer = async (asked: Asked, { method, checked }: Served): Promise<void> => {
    const { stream, headers, frame } = asked
    const call = openCall(undefined, timeLimit(headers))
    calls.add(call)
    stream.once("close", () => call.giveUp(new ConnectError("the caller has left", Code.Canceled)))
    try {
      const message = read(method, frame)
      const header = plainHeaders(headers)
      const url = `http://${headers[":authority"] ?? ""}${headers[":path"] ?? ""}`
      const request = unaryRequest({ method, url, header, message, abort: call.abort })
      send(stream, (await call.answer(() => checked(request as UnaryRequest))) as UnaryResponse)
    } catch (error) {
      refuse(stream, failed(error, method.name))
    } finally {
      calls.delete(call)
      call.close()
    }
  }

  return {
    takes(stream, headers) {
      const one = served.get(headers[":path"] ?? "")
      if (!one || headers[":method"] !== "POST" || !isPlain(headers)) return false
      const frame = createFrame(max_bytes)
      collect({ stream, headers, frame }, (asked) => void answer(asked, one))
      return true
    },
    stop() {
      for (const call of calls) call.giveUp(new ConnectError("the server is stopping", Code.Unavailable))
    },
  }
}

const read = ({ input }: DescMethod, frame: Frame) => {
  const bytes = frame.message()
  try {
    return fromBinary(input, bytes)
  } catch (cause) {
    throw new ConnectError("the message can't be read", Code.InvalidArgument, undefined, undefined, cause)
  }
}

type Asked = {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  readonly frame: Frame
}

const collect = (asked: Asked, whole: (asked: Asked) => void): void => {
  const { stream, frame } = asked
  let is_too_large = false
  stream.on("data", (piece: Buffer) => {
    if (is_too_large || !frame.take(piece)) return
    is_too_large = true
    refuse(stream, new ConnectError("the message is too large", Code.ResourceExhausted))
    stream.close(constants.NGHTTP2_NO_ERROR)
  })
  stream.on("end", () => {
    if (!is_too_large) whole(asked)
  })
  // Its end is heard of by its close.
  stream.on("error", () => undefined)
}

const isOver = (stream: ServerHttp2Stream): boolean => stream.closed || stream.destroyed || stream.headersSent

const send = (stream: ServerHttp2Stream, { method, message, header, trailer }: UnaryResponse): void => {
  const body = framed(toBinary(method.output, message))
  if (isOver(stream)) return
  const headers = { ...Object.fromEntries(header), ":status": 200, "content-type": content_type }
  stream.once("wantTrailers", () => stream.sendTrailers({ ...Object.fromEntries(trailer), ...status_ok }))
  stream.respond(headers, { waitForTrailers: true })
  stream.end(body)
}

const refuse = (stream: ServerHttp2Stream, error: ConnectError): void => {
  if (isOver(stream)) return
  stream.respond({ ...statusOf(error), ":status": 200, "content-type": content_type }, { endStream: true })
}
