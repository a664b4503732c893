import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { bearer, idText, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { durationMs } from "#language/duration.ts"
import type { Engine } from "../engine.ts"
import { claimWork } from "./claim.ts"
import { beatWorker } from "./heartbeat.ts"
import { leaveWorker } from "./leave.ts"
import { type LogStore, shipLogs } from "./logs.ts"
import { openWorker } from "./open.ts"
import { reportWork } from "./report.ts"
import {
  bounds,
  claimedShape,
  claimShape,
  heartbeatAnswerShape,
  heartbeatShape,
  logsShape,
  logsStoredShape,
  openWorkerShape,
  reportedShape,
  reportShape,
  workerOpenedShape,
} from "./shape.ts"

const root = "/api/v1/workers"

const openRoute = createRoute({
  method: "post",
  path: root,
  operationId: "openWorker",
  summary: "Announce a worker of your own",
  security: bearer,
  request: { body: jsonBody(openWorkerShape) },
  responses: {
    201: jsonAnswer("The worker; it is given work of its token's workspace alone", workerOpenedShape),
    ...refusals,
  },
})

const claimRoute = createRoute({
  method: "post",
  path: `${root}/claim`,
  operationId: "claimWork",
  summary: "Claim work for a worker of your own",
  security: bearer,
  request: { body: jsonBody(claimShape) },
  responses: {
    200: jsonAnswer(
      "What it is to do; nothing when the wait was over, something is to be stopped, or it claims anew",
      claimedShape,
    ),
    ...refusals,
  },
})

const heartbeatRoute = createRoute({
  method: "post",
  path: `${root}/heartbeat`,
  operationId: "beatWorker",
  summary: "Say that a worker of your own is alive",
  security: bearer,
  request: { body: jsonBody(heartbeatShape) },
  responses: { 200: jsonAnswer("It has its lease anew", heartbeatAnswerShape), ...refusals },
})

const reportRoute = createRoute({
  method: "post",
  path: `${root}/report`,
  operationId: "reportWork",
  summary: "Report results of a worker of your own, and claim the next work",
  security: bearer,
  request: { body: jsonBody(reportShape) },
  responses: {
    200: jsonAnswer("What became of each result. 409 if all of them are stale", reportedShape),
    ...refusals,
  },
})

const logsRoute = createRoute({
  method: "post",
  path: `${root}/logs`,
  operationId: "shipWorkLogs",
  summary: "Ship what tasks of a worker of your own print",
  security: bearer,
  request: { body: jsonBody(logsShape) },
  responses: {
    200: jsonAnswer("They are stored. 409 if all of them are stale", logsStoredShape),
    ...refusals,
  },
})

const leaveRoute = createRoute({
  method: "delete",
  path: `${root}/{worker_id}`,
  operationId: "leaveWorker",
  summary: "Take leave as a worker of your own",
  security: bearer,
  request: { params: z.object({ worker_id: idText }) },
  responses: { 204: { description: "It has left; what it held is in its queue again" }, ...refusals },
})

export type RemoteGround = {
  readonly logs: LogStore
  /** Fires when this process is being stopped: nobody waits here for work any more. */
  readonly closing: AbortSignal
}

/** The door of workers outside of the platform: thin over the same use-cases as that of its own. */
export const mountRemoteWorkers = (
  app: App,
  engine: Engine & RemoteGround,
  { authenticate }: Pick<Doors, "authenticate">,
): void => {
  const open = openWorker(engine)
  const claim = claimWork(engine, engine.closing)
  const beat = beatWorker(engine)
  const report = reportWork(engine)
  const ship = shipLogs(engine, engine.logs)
  const leave = leaveWorker(engine)
  app.openapi(openRoute, async (context) =>
    context.json(await open(context.get("actor"), context.req.valid("json")), 201),
  )
  app.openapi(claimRoute, async (context) => {
    const { wait, ...rest } = context.req.valid("json")
    const wait_ms = durationMs(wait) ?? bounds.max_wait_ms
    const { signal } = context.req.raw
    const { authorization, "wf-workspace": workspace } = context.req.header()
    const checkAgain = async () => {
      const { workspace_id } = await authenticate({ authorization, workspace })
      if (workspace_id !== context.get("actor").workspace_id) throw new Problem("auth.invalid")
    }
    const wanted = { ...rest, wait_ms, signal, checkAgain }
    return context.json({ items: await claim(context.get("actor"), wanted) }, 200)
  })
  app.openapi(heartbeatRoute, async (context) =>
    context.json({ stop: [...(await beat(context.get("actor"), context.req.valid("json")))] }, 200),
  )
  app.openapi(reportRoute, async (context) =>
    context.json(await report(context.get("actor"), context.req.valid("json")), 200),
  )
  app.openapi(logsRoute, async (context) =>
    context.json({ items: await ship(context.get("actor"), context.req.valid("json")) }, 200),
  )
  app.openapi(leaveRoute, async (context) => {
    await leave(context.get("actor"), context.req.valid("param").worker_id)
    return context.body(null, 204)
  })
}
