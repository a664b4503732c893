import { create } from "@bufbuild/protobuf"
import {
  ConnectError,
  type ConnectRouter,
  type HandlerContext,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect"
import { openCall } from "./call.ts"
import { chained, type Next, nameOf, serveUnary, type Unary, unaryMethods, unaryRequest } from "./unary.ts"

type Directing = {
  readonly routes: (router: ConnectRouter) => void
  readonly incoming: Interceptor
  readonly outgoing: readonly Interceptor[]
  readonly default_ms: number
}

const protocol = "memory"

/** Whether the messages of this call go to the other side as they are. */
export const isDirect = ({ protocolName }: Pick<HandlerContext, "protocolName">): boolean =>
  protocolName === protocol

/** What the other side sees of a call: nothing of what the asker's side has noted for itself. */
const arrived = (request: UnaryRequest): UnaryRequest => {
  const { method, url, header, message } = request
  return unaryRequest({ method, url, header, message, abort: request })
}

/**
 * Unary calls within a process: the same client and the same checks on both sides, but messages are handed over as
 * they are, neither written out nor read. Half of what a call in memory cost went there.
 */
export const directUnary = ({ routes, incoming, outgoing, default_ms }: Directing): Transport["unary"] => {
  const checked = incoming(serveUnary(unaryMethods(routes), protocol))

  const unary: Unary = async (...asked) => {
    const [method, outer, timeout_ms, header, message, contextValues] = asked
    const { abort, answer, close } = openCall(outer, timeout_ms ?? default_ms)
    const request = unaryRequest({
      ...{ method, abort, contextValues },
      url: `memory://${nameOf(method)}`,
      header: new Headers(header),
      message: create(method.input, message),
    })
    const arrive: Next = (leaving) => answer(() => checked(arrived(leaving as UnaryRequest)))
    try {
      return (await chained(outgoing, arrive)(request)) as UnaryResponse
    } catch (error) {
      throw ConnectError.from(error)
    } finally {
      close()
    }
  }
  return unary as Transport["unary"]
}
