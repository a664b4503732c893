import { OpenAPIHono } from "@hono/zod-openapi"
import type { Context, MiddlewareHandler, Next } from "hono"
import { bodyLimit } from "hono/body-limit"
import { HTTPException } from "hono/http-exception"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Allowance } from "#kernel/auth/allowance.ts"
import type { Authenticate, Credentials } from "#kernel/auth/authenticate.ts"
import { Problem, problemBody, problemHeaders } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import { addressOf, passPeer } from "./address.ts"
import { invalidRequest } from "./invalid.ts"
import { whileAdmitted } from "./while-admitted.ts"

export type Doors = {
  readonly service: string
  readonly authenticate: Authenticate
  /** Without it everybody may send as much as they like. */
  readonly allowance?: Allowance | undefined
  readonly log: Log
  readonly metrics: Metrics
}

export type AppEnvironment = { Variables: { request_id: string; actor: Actor } }

export type App = OpenAPIHono<AppEnvironment>

const max_body_bytes = 4 * 1024 * 1024
/** Methods are whatever a caller writes, so they are not remembered without end. */
const max_route_labels = 2_000
const request_id_pattern = /^[\w.-]{1,64}$/

export const problemResponse = (problem: Problem, request_id?: string): Response =>
  new Response(JSON.stringify({ ...problemBody(problem), request_id }), {
    status: problem.status,
    headers: problemHeaders(problem),
  })

const answerProblem = (context: Context<AppEnvironment>, problem: Problem): Response =>
  problemResponse(problem, context.get("request_id"))

/** What a thrown thing becomes at the edge: an expected refusal, or a bug that is logged once. */
const problemOf = (thrown: unknown, log: Log, context: Context<AppEnvironment>): Problem => {
  if (thrown instanceof Problem) return thrown
  const status = thrown instanceof HTTPException ? thrown.status : 500
  if (status === 415) return new Problem("request.media_type", { cause: thrown })
  // Somebody who left in the middle of a body hears nothing of this, and it is no fault of ours.
  if (context.req.raw.signal.aborted || status < 500) {
    return new Problem("request.malformed", { cause: thrown })
  }
  log.error({ event: "request.broke", request_id: context.get("request_id"), error: thrown })
  return new Problem("platform.bug", { cause: thrown })
}

const tooLarge = (): never => {
  throw new Problem("request.too_large", { detail: `At most ${max_body_bytes} bytes are taken.` })
}

/**
 * No text of ours has a NUL, and PostgreSQL takes none. A body is measured while it comes only if its length isn't told:
 * to look at it as a stream costs more than all else that happens here.
 */
const limited = (streamed: RegExp | undefined): MiddlewareHandler<AppEnvironment> => {
  const measured = bodyLimit({ maxSize: max_body_bytes, onError: tooLarge })
  return (context, next) => {
    const { raw } = context.req
    const { headers, url } = raw
    if (url.includes("%00")) {
      throw new Problem("request.malformed", { detail: "The address has a NUL, which no value may have." })
    }
    if (streamed?.test(context.req.path)) return next()
    const length = headers.get("content-length")
    if (length === null || headers.has("transfer-encoding")) {
      return measured(context, () => {
        passPeer(raw, context.req.raw)
        return next()
      })
    }
    return Number(length) > max_body_bytes ? tooLarge() : next()
  }
}

type RouteLabels = { readonly request: Record<string, string>; readonly route: Record<string, string> }

/** The same objects for the same route and status, so that metrics know them again; there are few. */
const routeLabels = (service: string) => {
  const known = new Map<string, RouteLabels>()
  return (method: string, route: string, status: number): RouteLabels => {
    const text = `${method} ${status} ${route}`
    const found = known.get(text)
    if (found) return found
    const labels = {
      request: { service, method, route, status: String(status) },
      route: { service, route },
    }
    if (known.size < max_route_labels) known.set(text, labels)
    return labels
  }
}

/** What stands in place of a path where the path may not be told. */
const toldAs = (hidden: string | undefined) => {
  const beginning = hidden?.slice(0, hidden.indexOf("{"))
  return (path: string): string =>
    hidden !== undefined && beginning !== undefined && path.startsWith(beginning) ? hidden : path
}

/** Who calls. Everything below `/api/` needs somebody, but what is listed as open. */
const admitted = async (
  { authenticate, allowance }: Doors,
  open: ReadonlySet<string>,
  context: Context<AppEnvironment>,
): Promise<void> => {
  const { path } = context.req
  if (!path.startsWith("/api/")) return
  if (open.has(path)) {
    allowance?.spend(addressOf(context.req.raw) ?? "")
    return
  }
  const actor = await authenticate(credentialsOf(context))
  allowance?.spend(actor.user_id)
  context.set("actor", actor)
}

const credentialsOf = ({ req }: Context<AppEnvironment>): Credentials => ({
  authorization: req.header("authorization"),
  workspace: req.header("wf-workspace"),
})

/** Whether who was let in would be let in again, to the same workspace. */
const stillAdmitted = async ({ authenticate }: Doors, context: Context<AppEnvironment>): Promise<void> => {
  const { workspace_id } = await authenticate(credentialsOf(context))
  if (workspace_id !== context.get("actor").workspace_id) throw new Problem("auth.invalid")
}

/** What every request passes, in one piece: each further one would cost each request a turn of its own. */
const door = (doors: Doors, options: AppOptions): MiddlewareHandler<AppEnvironment> => {
  const { metrics, service, log } = doors
  const requests = metrics.counter("http_requests_total", "Requests answered, by route and status.")
  const seconds = metrics.histogram("http_request_seconds", "Time to answer, by route.")
  const labelsOf = routeLabels(service)
  const limit = limited(options.streamed)
  const open = new Set(options.open)
  const toldPath = toldAs(options.hidden)
  const pass = async (context: Context<AppEnvironment>, next: Next): Promise<void> => {
    try {
      await limit(context, async () => {
        await admitted(doors, open, context)
        await next()
      })
      if (!context.get("actor")) return
      const answer = context.res
      const guarded = whileAdmitted(answer, () => stillAdmitted(doors, context))
      if (guarded !== answer) context.res = guarded
    } catch (thrown) {
      context.res = answerProblem(context, problemOf(thrown, log, context))
    }
  }
  return async (context, next) => {
    const given = context.req.header("x-request-id")
    const request_id = given !== undefined && request_id_pattern.test(given) ? given : crypto.randomUUID()
    context.set("request_id", request_id)
    const started_ms = performance.now()
    const method = context.req.method
    const name = `${method} ${toldPath(context.req.path)}`
    await inSpan({ name, kind: "server", traceparent: context.req.header("traceparent") }, () =>
      pass(context, next),
    )
    context.res.headers.set("x-request-id", request_id)
    context.res.headers.set("x-content-type-options", "nosniff")
    const labels = labelsOf(method, context.req.routePath, context.res.status)
    requests.add(labels.request, 1)
    seconds.observe(labels.route, (performance.now() - started_ms) / 1000)
  }
}

export type AppOptions = {
  /** Paths below `/api/` that need no caller, such as login. */
  readonly open?: readonly string[]
  /** Paths whose bodies are streams with limits of their own. */
  readonly streamed?: RegExp
  /** A route whose parameter is as good as a key, so that no trace has it. */
  readonly hidden?: string
}

/** A service's HTTP door: problems, request ids, metrics, spans, limits and authentication are here, once. */
export const createApp = (doors: Doors, options: AppOptions = {}): App => {
  const app = new OpenAPIHono<AppEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error)
    },
  })
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" })
  app.use(door(doors, options))
  app.onError((thrown, context) => answerProblem(context, problemOf(thrown, doors.log, context)))
  app.notFound((context) => answerProblem(context, new Problem("request.not_found")))
  return app
}
