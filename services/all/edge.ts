import { Hono } from "hono"
import { documentOf } from "#kernel/http/document.ts"
import { problemResponse } from "#kernel/http/door.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { addHealth } from "#kernel/service/health.ts"
import type { Running } from "#kernel/service/running.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { check_path } from "#services/iam/gateway/check.ts"
import { joinDocuments } from "./document.ts"
import { isLocal } from "./local-only.ts"
import { addReference } from "./reference/serve.ts"
import { isSimple, type Routed, routing } from "./routing.ts"

/** What every service answers for itself, and the edge for all of them together; and what only a gateway asks. */
const own_paths = new Set([
  "/health",
  "/health/live",
  "/health/ready",
  "/metrics",
  "/openapi.json",
  check_path,
])

type Fetch = (request: Request) => Response | Promise<Response>

/** All services behind one port: each route goes to the service that declares it, as the gateway does elsewhere. */
export const composeEdge = (services: readonly Running[], metrics: Metrics, links: Hono): Fetch => {
  const routes = services.flatMap(routesOf)
  const serviceOf = routing(routes.filter(({ path }) => isSimple(path)))
  const own = ownRoutes(services, metrics)
  for (const { method, path, http } of routes) {
    if (!isSimple(path)) own.on(method, path, (context) => http.fetch(context.req.raw))
  }
  own.route("/", links)
  return (request) => {
    if (!isLocal(request)) return problemResponse(new Problem("request.wrong_host"))
    return (serviceOf(request) ?? own).fetch(request)
  }
}

const routesOf = ({ http }: Running): readonly Routed[] =>
  http.routes
    .filter(({ method, path }) => method !== "ALL" && !own_paths.has(path))
    .map(({ method, path }) => ({ method, path, http }))

const ownRoutes = (services: readonly Running[], metrics: Metrics): Hono => {
  const edge = new Hono()
  const checks = services.flatMap(({ name, checks: own }) =>
    Object.entries(own).map(([part, check]) => [`${name}.${part}`, check] as const),
  )
  addHealth(edge, Object.fromEntries(checks), metrics)
  const document = joinDocuments(services.map(({ http }) => documentOf(http)))
  edge.get("/openapi.json", (context) => context.json(document))
  addReference(edge)
  edge.notFound(() => problemResponse(new Problem("request.not_found")))
  return edge
}
