import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { queueName } from "#language/words.ts"
import type { Engine } from "../engine.ts"
import { listQueues } from "./list.ts"
import { pauseQueue } from "./pause.ts"
import { setQueue } from "./set.ts"
import { queueSettingsShape, queueShape } from "./shape.ts"
import { showQueue } from "./show.ts"

const queuePath = z.object({ name: queueName })

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/queues",
  operationId: "listQueues",
  summary: "List queues",
  security: bearer,
  request: { query: pageQuery },
  responses: { 200: jsonAnswer("Queues that have something or were set up", page(queueShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/queues/{name}",
  operationId: "getQueue",
  summary: "Show a queue",
  security: bearer,
  request: { params: queuePath },
  responses: { 200: jsonAnswer("The queue; one that nobody has used is empty", queueShape), ...refusals },
})

const setRoute = createRoute({
  method: "put",
  path: "/api/v1/queues/{name}",
  operationId: "setQueue",
  summary: "Set the limits of a queue",
  security: bearer,
  request: { params: queuePath, body: jsonBody(queueSettingsShape) },
  responses: {
    200: jsonAnswer("The queue with its new settings; what is left out stays as it is", queueShape),
    ...refusals,
  },
})

const pauseRoute = createRoute({
  method: "post",
  path: "/api/v1/queues/{name}/pause",
  operationId: "pauseQueue",
  summary: "Pause a queue",
  security: bearer,
  request: { params: queuePath },
  responses: { 202: jsonAnswer("The queue; nothing of it begins any more", queueShape), ...refusals },
})

const resumeRoute = createRoute({
  method: "post",
  path: "/api/v1/queues/{name}/resume",
  operationId: "resumeQueue",
  summary: "Resume a queue",
  security: bearer,
  request: { params: queuePath },
  responses: { 202: jsonAnswer("The queue, which goes on", queueShape), ...refusals },
})

export const mountQueues = (app: App, engine: Engine): void => {
  const list = listQueues(engine.database)
  const show = showQueue(engine.database)
  const set = setQueue(engine)
  const pause = pauseQueue(engine, true)
  const resume = pauseQueue(engine, false)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").name), 200),
  )
  app.openapi(setRoute, async (context) => {
    const settings = { ...context.req.valid("json"), name: context.req.valid("param").name }
    return context.json(await set(callerIn(context), settings), 200)
  })
  app.openapi(pauseRoute, async (context) =>
    context.json(await pause(callerIn(context), context.req.valid("param").name), 202),
  )
  app.openapi(resumeRoute, async (context) =>
    context.json(await resume(callerIn(context), context.req.valid("param").name), 202),
  )
}
