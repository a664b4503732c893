import { createRoute, z } from "@hono/zod-openapi"
import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { eventStream, type ServerSent } from "#kernel/http/event-stream.ts"
import { readerOf } from "#kernel/http/reader.ts"
import { bearer, idText, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { mountApprovals } from "./approval/http.ts"
import { mountDeadLetters } from "./dead-letter/http.ts"
import type { Engine } from "./engine.ts"
import { mountJobs } from "./job/http.ts"
import { mountQueues } from "./queue/http.ts"
import { mountRemoteWorkers, type RemoteGround } from "./remote/http.ts"
import { mountControl } from "./run/control.ts"
import { followRun } from "./run/follow.ts"
import { listRuns } from "./run/list.ts"
import { runMoves } from "./run/moves.ts"
import { type RunEvent, runEventShape, runShape, taskRunShape } from "./run/shape.ts"
import { showRun } from "./run/show.ts"
import { mountWaits } from "./wait/http.ts"
import { mountWorkers } from "./worker/http.ts"

const runPath = z.object({ run_id: idText })

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/runs",
  operationId: "listRuns",
  summary: "List runs",
  security: bearer,
  request: {
    query: pageQuery.extend({
      status: z.enum(runMoves.states as [string, ...string[]]).optional(),
      workflow: z.string().max(200).optional(),
      cursor: idText.optional(),
    }),
  },
  responses: { 200: jsonAnswer("Runs, newest first", page(runShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}",
  operationId: "getRun",
  summary: "Show a run",
  security: bearer,
  request: { params: runPath },
  responses: { 200: jsonAnswer("The run with its task runs", runShape), ...refusals },
})

const tasksRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}/tasks",
  operationId: "listTaskRuns",
  summary: "List the tasks of a run",
  security: bearer,
  request: { params: runPath },
  responses: { 200: jsonAnswer("Task runs in the order of the plan", page(taskRunShape)), ...refusals },
})

const eventsRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}/events",
  operationId: "followRun",
  summary: "List or follow the events of a run",
  security: bearer,
  request: {
    params: runPath,
    headers: z.object({ "last-event-id": z.coerce.number().int().min(0).optional() }),
    query: z.object({ after: z.coerce.number().int().min(0).optional() }),
  },
  responses: {
    200: {
      description:
        "Server-sent events from the cursor on; ends when the run has ended. The id is the event's seq.",
      content: { "text/event-stream": { schema: runEventShape } },
    },
    ...refusals,
  },
})

const sentOf = (event: RunEvent): ServerSent => ({
  id: String(event.seq),
  event: event.type,
  data: JSON.stringify(event),
})

export const schedulerHttp = (engine: Engine & RemoteGround, doors: Doors): App => {
  const app = createApp(doors)
  const list = listRuns(engine.database)
  const show = showRun(engine.database)
  const follow = followRun(engine)

  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(showRoute, async (context) => {
    const run = await show(context.get("actor"), context.req.valid("param").run_id)
    return context.json({ ...run, tasks: [...run.tasks] }, 200)
  })
  mountControl(app, engine)
  app.openapi(tasksRoute, async (context) => {
    const run = await show(context.get("actor"), context.req.valid("param").run_id)
    return context.json({ items: [...run.tasks], next_cursor: null }, 200)
  })
  app.openapi(eventsRoute, async (context) => {
    const { run_id } = context.req.valid("param")
    const after = context.req.valid("header")["last-event-id"] ?? context.req.valid("query").after ?? 0
    const reader = readerOf(context)
    const events = await follow(context.get("actor"), { run_id, after, signal: reader.signal })
    return eventStream(events, sentOf, reader)
  })
  mountWaits(app, engine)
  mountApprovals(app, engine)
  mountJobs(app, engine)
  mountDeadLetters(app, engine)
  mountQueues(app, engine)
  mountWorkers(app, engine)
  mountRemoteWorkers(app, engine, doors)
  return app
}
