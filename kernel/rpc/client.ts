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
import { fromConnectError } from "./problems.ts"

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
      try {
        const answer = await next(request)
        guard.succeeded()
        return answer
      } catch (thrown) {
        const error = ConnectError.from(thrown)
        if (ill.has(error.code)) guard.failed(performance.now())
        else guard.succeeded()
        throw fromConnectError(error, service)
      }
    })
  }

const throwProblem = (thrown: unknown): never => {
  if (thrown instanceof ConnectError && thrown.cause instanceof Problem) throw thrown.cause
  throw thrown
}

/** The library wraps whatever an interceptor throws; callers get the problem itself. */
const unwrapped = (transport: Transport): Transport => ({
  ...transport,
  unary: (...call) => transport.unary(...call).catch(throwProblem),
})

/** Typed clients of other services: identity, deadline, span and circuit breaker are here, once. */
export const caller = (dial: Dial, tokens: ServiceTokens): Call => {
  const transports = new Map<string, Transport>()
  return (service, description) => {
    const known = transports.get(service)
    const transport = known ?? unwrapped(dial(service, [outgoing(service, tokens, breaker(breaker_limits))]))
    transports.set(service, transport)
    return createClient(description, transport)
  }
}

export const default_deadline_ms = deadline_ms
