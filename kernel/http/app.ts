import { OpenAPIHono } from "@hono/zod-openapi"
import type { Context, MiddlewareHandler, Next } from "hono"
import { bodyLimit } from "hono/body-limit"
import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import { passPeer } from "./address.ts"
import {
  createDoor,
  credentialsOf,
  type Door,
  type Doors,
  problemResponse,
  requestIdOf,
  type Visit,
} from "./door.ts"
import { invalidRequest } from "./invalid.ts"
import { type LeanRoutes, leanDoor } from "./lean.ts"
import { isMeasured, max_body_bytes, refuseNul, refuseOversize, tooLarge } from "./limit.ts"
import type { Reader } from "./reader.ts"

export type AppEnvironment = { Variables: { request_id: string; actor: Actor; check: Reader["check"] } }

export type App = OpenAPIHono<AppEnvironment> & { readonly lean: LeanRoutes }

const visitIn = (context: Context<AppEnvironment>): Visit => ({
  request: context.req.raw,
  request_id: context.get("request_id"),
})

/** What stands in place of a path where the path may not be told. */
const toldAs = (hidden: string | undefined) => {
  const beginning = hidden?.slice(0, hidden.indexOf("{"))
  return (path: string): string =>
    hidden !== undefined && beginning !== undefined && path.startsWith(beginning) ? hidden : path
}

/** Whether who was let in would be let in again, to the same workspace. */
const stillAdmitted = async ({ authenticate }: Doors, context: Context<AppEnvironment>): Promise<void> => {
  const { workspace_id } = await authenticate(credentialsOf(context.req.raw))
  if (workspace_id !== context.get("actor").workspace_id) throw new Problem("auth.invalid")
}

/** What every request passes, in one piece: each further one would cost each request a turn of its own. */
const enter = (own: Door, doors: Doors, options: AppOptions): MiddlewareHandler<AppEnvironment> => {
  const measured = bodyLimit({ maxSize: max_body_bytes, onError: tooLarge })
  const toldPath = toldAs(options.hidden)
  const limited = (context: Context<AppEnvironment>, next: Next): Promise<unknown> => {
    const { raw } = context.req
    if (!isMeasured(raw)) return next()
    return measured(context, () => {
      passPeer(raw, context.req.raw)
      return next()
    })
  }
  const pass = async (context: Context<AppEnvironment>, next: Next): Promise<void> => {
    try {
      const { raw, path } = context.req
      refuseNul(raw)
      const is_limited = !options.streamed?.test(path)
      if (is_limited) refuseOversize(raw)
      const actor = await own.admit(raw, path)
      if (actor) {
        context.set("actor", actor)
        context.set("check", () => stillAdmitted(doors, context))
      }
      await (is_limited ? limited(context, next) : next())
    } catch (thrown) {
      context.res = own.refuse(thrown, visitIn(context))
    }
  }
  return async (context, next) => {
    const { raw, method } = context.req
    const request_id = requestIdOf(raw)
    context.set("request_id", request_id)
    const started_ms = performance.now()
    const name = `${method} ${toldPath(context.req.path)}`
    const traceparent = raw.headers.get("traceparent") ?? undefined
    await inSpan({ name, kind: "server", traceparent }, () => pass(context, next))
    context.res.headers.set("x-request-id", request_id)
    context.res.headers.set("x-content-type-options", "nosniff")
    own.count({ method, route: context.req.routePath, status: context.res.status, started_ms })
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
  const framework = new OpenAPIHono<AppEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error)
    },
  })
  const app = Object.assign(framework, { lean: new Map() as LeanRoutes })
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" })
  const own = createDoor(doors, options.open)
  app.use(enter(own, doors, options))
  app.onError((thrown, context) => own.refuse(thrown, visitIn(context)))
  app.notFound((context) => problemResponse(new Problem("request.not_found"), context.get("request_id")))
  app.fetch = leanDoor(own, { routes: app.lean, framework: app.fetch })
  return app
}
