import { create, type DescMessage, type DescMethod, type MessageShape } from "@bufbuild/protobuf"
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextValues,
  type HandlerContext,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect"
import { type OpenCall, openCall } from "./call.ts"

export type Next = Parameters<Interceptor>[0]

type Handler = (message: unknown, context: HandlerContext) => unknown

type Served = { readonly method: DescMethod; readonly handler: Handler }

type UnaryMethods = ReadonlyMap<string, Served>

export const nameOf = ({ parent, name }: DescMethod): string => `${parent.typeName}/${name}`

/** The unary methods of these routes. */
export const unaryMethods = (routes: (router: ConnectRouter) => void): UnaryMethods => {
  const methods = new Map<string, Served>()
  const add = (method: DescMethod, handler: Handler | undefined) => {
    if (handler && method.methodKind === "unary") methods.set(nameOf(method), { method, handler })
  }
  const router: ConnectRouter = {
    handlers: [],
    service(description, implementation) {
      const handlers = implementation as Record<string, Handler | undefined>
      for (const [name, method] of Object.entries(description.method))
        add(method, handlers[name]?.bind(implementation))
      return router
    },
    rpc(method, implementation) {
      add(method, implementation as Handler)
      return router
    },
  }
  routes(router)
  return methods
}

/** Hardly anybody looks at what goes besides an answer. */
const lateHeaders = (): (() => Headers) => {
  let made: Headers | undefined
  return () => {
    made ??= new Headers()
    return made
  }
}

const noTimeout = () => undefined

const contextOf = (request: UnaryRequest, protocol: string): HandlerContext => {
  const { service, method, url, requestMethod, header, contextValues } = request
  const [responseHeader, responseTrailer] = [lateHeaders(), lateHeaders()]
  return {
    service,
    method,
    url,
    requestMethod,
    protocolName: protocol,
    requestHeader: header,
    values: contextValues,
    timeoutMs: noTimeout,
    get signal() {
      return request.signal
    },
    get responseHeader() {
      return responseHeader()
    },
    get responseTrailer() {
      return responseTrailer()
    },
  }
}

type Beside = { readonly header: () => Headers; readonly trailer: () => Headers }

const nothing = (): Beside => ({ header: lateHeaders(), trailer: lateHeaders() })

export const answerOf = (
  method: DescMethod,
  message: MessageShape<DescMessage>,
  { header, trailer }: Beside = nothing(),
): UnaryResponse =>
  ({
    stream: false,
    service: method.parent,
    method,
    message,
    get header() {
      return header()
    },
    get trailer() {
      return trailer()
    },
  }) as UnaryResponse

/** Hands a request to its handler; `protocol` is how it has come. */
export const serveUnary = (methods: UnaryMethods, protocol: string): Next => {
  const serve = async (request: UnaryRequest): Promise<UnaryResponse> => {
    const { method } = request
    const known = methods.get(nameOf(method))
    if (!known) throw new ConnectError(`${method.name} is not implemented`, Code.Unimplemented)
    const context = contextOf(request, protocol)
    const message = (await known.handler(request.message, context)) as MessageShape<DescMessage>
    return answerOf(method, create(method.output, message), {
      header: () => context.responseHeader,
      trailer: () => context.responseTrailer,
    })
  }
  return serve as Next
}

type Asked = {
  readonly method: DescMethod
  readonly url: string
  readonly header: Headers
  readonly message: unknown
  readonly abort: { readonly signal: AbortSignal }
  readonly contextValues?: UnaryRequest["contextValues"] | undefined
}

export const unaryRequest = ({ method, url, header, message, abort, contextValues }: Asked): UnaryRequest =>
  ({
    stream: false,
    service: method.parent,
    method,
    requestMethod: "POST",
    url,
    header,
    contextValues: contextValues ?? createContextValues(),
    message,
    get signal() {
      return abort.signal
    },
  }) as UnaryRequest

type Send = (request: UnaryRequest, call: OpenCall, limit_ms: number) => Promise<UnaryResponse>

type Asking = {
  /** What the URLs of its requests begin with. */
  readonly base: string
  readonly outgoing: readonly Interceptor[]
  readonly default_ms: number
  readonly send: Send
}

/** The asker's side of unary calls, whichever way they are sent: one signal and one limit for each. */
export const askUnary = ({ base, outgoing, default_ms, send }: Asking): Transport["unary"] => {
  const unary = async (...asked: Parameters<Transport["unary"]>): Promise<UnaryResponse> => {
    const [method, outer, timeout_ms, header, message, contextValues] = asked
    const limit_ms = timeout_ms ?? default_ms
    const call = openCall(outer, limit_ms)
    const request = unaryRequest({
      ...{ method, contextValues, abort: call.abort },
      url: `${base}/${nameOf(method)}`,
      header: new Headers(header),
      message: create(method.input, message),
    })
    const leave: Next = (leaving) => send(leaving as UnaryRequest, call, limit_ms)
    try {
      const next = outgoing.reduceRight((last, interceptor) => interceptor(last), leave)
      return (await next(request)) as UnaryResponse
    } catch (error) {
      throw ConnectError.from(error)
    } finally {
      call.close()
    }
  }
  return unary as Transport["unary"]
}
