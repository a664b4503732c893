import type { DescService } from "@bufbuild/protobuf"
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect"
import type { ServiceTokens } from "#kernel/auth/service-token.ts"
import { insideTransaction } from "#kernel/database/inside.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { activeTraceparent, inSpan } from "#kernel/telemetry/tracing.ts"
import { type Breaker, breaker } from "./breaker.ts"
import { fromConnectError, isAnswer } from "./problems.ts"

/** Opens the way to a service; in memory when embedded, over the network otherwise. */
export type Dial = (service: string, interceptors: Interceptor[]) => Transport

export type Call = <Service extends DescService>(service: string, description: Service) => Client<Service>

const deadline_ms = 10_000
const breaker_limits = { max_failures: 5, open_ms: 1_000 }

/** These say that the other side is ill; any other code is an answer. */
const ill: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal])

const outgoing =
  (service: string, tokens: ServiceTokens, guard: Breaker): Interceptor =>
  (next) =>
  async (request) => {
    // With a shared pool a call inside a transaction waits for the session that waits for the call.
    if (insideTransaction()) throw new Error(`${request.method.name} was called inside a transaction`)
    const wait_ms = guard.refusal(performance.now())
    if (wait_ms !== undefined) {
      throw new Problem("platform.unavailable", {
        detail: `${service} does not answer.`,
        retry_after_s: Math.ceil(wait_ms / 1000),
      })
    }
    request.header.set("authorization", `Bearer ${await tokens.issue(service)}`)
    return inSpan({ name: `${service}.${request.method.name}`, kind: "client" }, async () => {
      const traceparent = activeTraceparent()
      if (traceparent !== undefined) request.header.set("traceparent", traceparent)
      const failed = (thrown: unknown): Problem => {
        const error = ConnectError.from(thrown)
        // A refusal is an answer, and who hangs up has learnt nothing.
        if (isAnswer(error)) guard.succeeded()
        else if (ill.has(error.code)) guard.failed(performance.now())
        return fromConnectError(error, service)
      }
      try {
        const answer = await next(request)
        if (answer.stream) return { ...answer, message: watched(answer.message, failed) }
        guard.succeeded()
        return answer
      } catch (thrown) {
        throw failed(thrown)
      }
    })
  }

/** The answer of a stream fails while it is read. */
async function* watched<Message>(
  messages: AsyncIterable<Message>,
  failed: (thrown: unknown) => Problem,
): AsyncGenerator<Message> {
  try {
    yield* messages
  } catch (thrown) {
    throw failed(thrown)
  }
}

/** The library wraps what an interceptor throws, and puts its own error in the place of one that came too late. */
const throwProblem =
  (service: string) =>
  (thrown: unknown): never => {
    if (!(thrown instanceof ConnectError)) throw thrown
    if (thrown.cause instanceof Problem) throw thrown.cause
    if (thrown.code === Code.Internal) throw thrown
    throw fromConnectError(thrown, service)
  }

async function* unwrappedMessages<Message>(
  messages: AsyncIterable<Message>,
  service: string,
): AsyncGenerator<Message> {
  try {
    yield* messages
  } catch (thrown) {
    throwProblem(service)(thrown)
  }
}

/** Callers get the problem itself. */
const unwrapped = (transport: Transport, service: string): Transport => ({
  ...transport,
  unary: (...call) => transport.unary(...call).catch(throwProblem(service)),
  stream: async (...call) => {
    const answer = await transport.stream(...call).catch(throwProblem(service))
    return { ...answer, message: unwrappedMessages(answer.message, service) }
  },
})

/** Typed clients of other services: identity, deadline, span and circuit breaker are here, once. */
export const caller = (dial: Dial, tokens: ServiceTokens): Call => {
  const transports = new Map<string, Transport>()
  return (service, description) => {
    const known = transports.get(service)
    const transport =
      known ?? unwrapped(dial(service, [outgoing(service, tokens, breaker(breaker_limits))]), service)
    transports.set(service, transport)
    return createClient(description, transport)
  }
}

export const default_deadline_ms = deadline_ms
