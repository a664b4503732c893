import { HTTPException } from "hono/http-exception"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Allowance } from "#kernel/auth/allowance.ts"
import type { Authenticate, Credentials } from "#kernel/auth/authenticate.ts"
import { Problem, problemBody, problemHeaders } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { addressOf } from "./address.ts"

export type Doors = {
  readonly service: string
  readonly authenticate: Authenticate
  /** Without it everybody may send as much as they like. */
  readonly allowance?: Allowance | undefined
  readonly log: Log
  readonly metrics: Metrics
}

const request_id_pattern = /^[\w.-]{1,64}$/

/** A request and what it is called where it is logged. */
export type Visit = { readonly request: Request; readonly request_id: string }

export const problemResponse = (problem: Problem, request_id?: string): Response =>
  new Response(JSON.stringify({ ...problemBody(problem), request_id }), {
    status: problem.status,
    headers: problemHeaders(problem),
  })

/** What a thrown thing becomes at the edge: an expected refusal, or a bug that is logged once. */
const problemOf = (thrown: unknown, log: Log, { request, request_id }: Visit): Problem => {
  if (thrown instanceof Problem) return thrown
  const status = thrown instanceof HTTPException ? thrown.status : 500
  if (status === 415) return new Problem("request.media_type", { cause: thrown })
  // Somebody who left in the middle of a body hears nothing of this, and it is no fault of ours.
  if (request.signal.aborted || status < 500) return new Problem("request.malformed", { cause: thrown })
  log.error({ event: "request.broke", request_id, error: thrown })
  return new Problem("platform.bug", { cause: thrown })
}

export const requestIdOf = ({ headers }: Request): string => {
  const given = headers.get("x-request-id")
  return given !== null && request_id_pattern.test(given) ? given : crypto.randomUUID()
}

export const credentialsOf = ({ headers }: Request): Credentials => ({
  authorization: headers.get("authorization") ?? undefined,
  workspace: headers.get("wf-workspace") ?? undefined,
})

/** Who calls. Everything below `/api/` needs somebody, but what is listed as open. */
const admission =
  ({ authenticate, allowance }: Doors, open: ReadonlySet<string>) =>
  async (request: Request, path: string): Promise<Actor | undefined> => {
    if (!path.startsWith("/api/")) return undefined
    if (open.has(path)) {
      allowance?.spend(addressOf(request) ?? "")
      return undefined
    }
    const actor = await authenticate(credentialsOf(request))
    allowance?.spend(actor.user_id)
    return actor
  }

type Counted = {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly started_ms: number
}

type RouteLabels = { readonly request: Record<string, string>; readonly route: Record<string, string> }

/** Methods are whatever a caller writes, so they are not remembered without end. */
const max_route_labels = 2_000

/** The same objects for the same route and status, so that metrics know them again; there are few. */
const routeLabels = (service: string) => {
  // By route, method and status one after the other: to make one text of them takes longer than all else here.
  const known = new Map<string, Map<string, Map<number, RouteLabels>>>()
  let count = 0
  return ({ method, route, status }: Counted): RouteLabels => {
    const found = known.get(route)?.get(method)?.get(status)
    if (found) return found
    const labels = {
      request: { service, method, route, status: String(status) },
      route: { service, route },
    }
    if (count >= max_route_labels) return labels
    count += 1
    const methods = known.get(route) ?? new Map<string, Map<number, RouteLabels>>()
    const statuses = methods.get(method) ?? new Map<number, RouteLabels>()
    known.set(route, methods.set(method, statuses.set(status, labels)))
    return labels
  }
}

/** Counts what was answered, by its route and never by its path. */
const requestCounts = ({ metrics, service }: Doors) => {
  const requests = metrics.counter("http_requests_total", "Requests answered, by route and status.")
  const seconds = metrics.histogram("http_request_seconds", "Time to answer, by route.")
  const labelsOf = routeLabels(service)
  return (counted: Counted): void => {
    const labels = labelsOf(counted)
    requests.add(labels.request, 1)
    seconds.observe(labels.route, (performance.now() - counted.started_ms) / 1000)
  }
}

/** What every request passes, whichever way it takes then. */
export type Door = {
  /** Who calls; undefined where that doesn't matter. */
  readonly admit: (request: Request, path: string) => Promise<Actor | undefined>
  /** What is answered to who met with what was thrown. */
  readonly refuse: (thrown: unknown, visit: Visit) => Response
  readonly count: (counted: Counted) => void
}

export const createDoor = (doors: Doors, open: readonly string[] = []): Door => ({
  admit: admission(doors, new Set(open)),
  refuse: (thrown, visit) => problemResponse(problemOf(thrown, doors.log, visit), visit.request_id),
  count: requestCounts(doors),
})
