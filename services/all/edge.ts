import { Hono } from "hono"
import { answerProblem } from "#kernel/http/app.ts"
import { documentOf, mergeDocuments } from "#kernel/http/document.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { addHealth } from "#kernel/service/health.ts"
import type { Running } from "#kernel/service/running.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { localOnly } from "./local-only.ts"

/** What every service answers for itself; the edge answers it for all of them together. */
const own_paths = new Set(["/health", "/health/live", "/health/ready", "/metrics", "/openapi.json"])

/** All services behind one port: each route goes to the service that declares it, as the gateway does elsewhere. */
export const composeEdge = (services: readonly Running[], metrics: Metrics): Hono => {
  const edge = new Hono()
  edge.use(localOnly)
  for (const { http } of services) {
    for (const { method, path } of http.routes) {
      const shared = method === "ALL" || own_paths.has(path)
      if (!shared) edge.on(method, path, (context) => http.fetch(context.req.raw))
    }
  }
  const checks = services.flatMap(({ name, checks: own }) =>
    Object.entries(own).map(([part, check]) => [`${name}.${part}`, check] as const),
  )
  addHealth(edge, Object.fromEntries(checks), metrics)
  const document = mergeDocuments(services.map(({ http }) => documentOf(http)))
  edge.get("/openapi.json", (context) => context.json(document))
  edge.notFound((context) => answerProblem(context, new Problem("request.not_found")))
  return edge
}
