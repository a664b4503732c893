import type { Actor } from "#kernel/auth/actor.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import type { App } from "./app.ts"
import { type Door, requestIdOf, type Visit } from "./door.ts"
import { isMeasured, refuseOversize } from "./limit.ts"

/** Who asks, and what. */
type Asked = { readonly request: Request; readonly actor: Actor }

/** JSON, as it is written. */
export type Said = { readonly status: 200 | 201; readonly text: string }

/** What answers a path that has to be fast. */
type Lean = (asked: Asked) => Promise<Said>

type LeanRoute = { readonly path: string; readonly name: string; readonly handle: Lean }

export type LeanRoutes = Map<string, LeanRoute>

export const json_type = "application/json"

/**
 * A POST that has to be fast: it passes the same door, but nothing of the framework, whose context, router and headers cost as
 * much as all else that happens before such a request is looked at. A path that is written in another way, and a body of
 * unknown length, come through the framework.
 */
export const postLean = (app: App, path: string, handle: Lean): void => {
  app.lean.set(path, { path, name: `POST ${path}`, handle })
  app.post(path, async (context) => {
    const { status, text } = await handle({ request: context.req.raw, actor: context.get("actor") })
    return context.body(text, status, { "content-type": json_type })
  })
}

/** What comes after the host, as it is written; what has a question is none of these paths. */
const writtenPath = (url: string): string => url.slice(url.indexOf("/", url.indexOf("//") + 2))

const leanRouteOf = (routes: LeanRoutes, request: Request): LeanRoute | undefined => {
  if (routes.size === 0 || request.method !== "POST") return undefined
  const route = routes.get(writtenPath(request.url))
  return route === undefined || isMeasured(request) ? undefined : route
}

type Fetch = App["fetch"]

type Ways = { readonly routes: LeanRoutes; readonly framework: Fetch }

/** The same door for what needs no framework: `postLean`. */
export const leanDoor = ({ admit, refuse, count }: Door, { routes, framework }: Ways): Fetch => {
  const answer = async (route: LeanRoute, visit: Visit): Promise<Response> => {
    const { request, request_id } = visit
    const own = { "x-request-id": request_id, "x-content-type-options": "nosniff" }
    try {
      refuseOversize(request)
      const actor = await admit(request, route.path)
      if (!actor) throw new Error(`${route.path} has no caller`)
      const { status, text } = await route.handle({ request, actor })
      return new Response(text, { status, headers: { "content-type": json_type, ...own } })
    } catch (thrown) {
      const response = refuse(thrown, visit)
      for (const [name, value] of Object.entries(own)) response.headers.set(name, value)
      return response
    }
  }
  const counted = async (route: LeanRoute, request: Request): Promise<Response> => {
    const visit = { request, request_id: requestIdOf(request) }
    const started_ms = performance.now()
    const traceparent = request.headers.get("traceparent") ?? undefined
    const response = await inSpan({ name: route.name, kind: "server", traceparent }, () =>
      answer(route, visit),
    )
    count({ method: "POST", route: route.path, status: response.status, started_ms })
    return response
  }
  return (request, ...rest) => {
    const route = leanRouteOf(routes, request)
    return route ? counted(route, request) : framework(request, ...rest)
  }
}
