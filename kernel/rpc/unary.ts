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

export type Next = Parameters<Interceptor>[0]

type Handler = (message: unknown, context: HandlerContext) => unknown

export type UnaryMethods = ReadonlyMap<string, { readonly method: DescMethod; readonly handler: Handler }>

export const nameOf = ({ parent, name }: DescMethod): string => `${parent.typeName}/${name}`

/** The unary methods of these routes. */
export const unaryMethods = (routes: (router: ConnectRouter) => void): UnaryMethods => {
  const methods = new Map<string, { readonly method: DescMethod; readonly handler: Handler }>()
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

export const chained = (interceptors: readonly Interceptor[], last: Next): Next =>
  interceptors.reduceRight((next, interceptor) => interceptor(next), last)

export type Unary = (...asked: Parameters<Transport["unary"]>) => Promise<UnaryResponse>
