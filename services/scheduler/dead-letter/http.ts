import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idText, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { jobType, queueName } from "#language/words.ts"
import type { Engine } from "../engine.ts"
import { jobShape } from "../job/shape.ts"
import { dropDeadLetter, dropDeadLetters } from "./drop.ts"
import { listDeadLetters } from "./list.ts"
import { replayDeadLetter, replayDeadLetters } from "./replay.ts"
import { chosenShape, deadLetterShape, droppedShape, replayedShape } from "./shape.ts"

const letterPath = z.object({ dead_letter_id: idText })

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/dead-letters",
  operationId: "listDeadLetters",
  summary: "List dead letters",
  security: bearer,
  request: {
    query: pageQuery.extend({
      queue: queueName.optional(),
      type: jobType.optional(),
      job_id: idText.optional(),
      cursor: idText.optional(),
    }),
  },
  responses: {
    200: jsonAnswer("Jobs that failed for good, the latest first", page(deadLetterShape)),
    ...refusals,
  },
})

const replayRoute = createRoute({
  method: "post",
  path: "/api/v1/dead-letters/{dead_letter_id}/replay",
  operationId: "replayDeadLetter",
  summary: "Replay a dead letter",
  security: bearer,
  request: { params: letterPath },
  responses: { 202: jsonAnswer("The job, back in its queue", jobShape), ...refusals },
})

const replayManyRoute = createRoute({
  method: "post",
  path: "/api/v1/dead-letters/replay",
  operationId: "replayDeadLetters",
  summary: "Replay dead letters by filter",
  security: bearer,
  request: { body: jsonBody(chosenShape) },
  responses: { 202: jsonAnswer("How many are back in their queues", replayedShape), ...refusals },
})

const dropRoute = createRoute({
  method: "post",
  path: "/api/v1/dead-letters/{dead_letter_id}/drop",
  operationId: "dropDeadLetter",
  summary: "Drop a dead letter",
  security: bearer,
  request: { params: letterPath },
  responses: { 204: { description: "It is off the list" }, ...refusals },
})

const dropManyRoute = createRoute({
  method: "post",
  path: "/api/v1/dead-letters/drop",
  operationId: "dropDeadLetters",
  summary: "Drop dead letters by filter",
  security: bearer,
  request: { body: jsonBody(chosenShape) },
  responses: { 200: jsonAnswer("How many are off the list", droppedShape), ...refusals },
})

export const mountDeadLetters = (app: App, engine: Engine): void => {
  const list = listDeadLetters(engine.database)
  const replay = replayDeadLetter(engine)
  const replayMany = replayDeadLetters(engine)
  const drop = dropDeadLetter(engine.database)
  const dropMany = dropDeadLetters(engine.database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(replayManyRoute, async (context) =>
    context.json(await replayMany(callerIn(context), context.req.valid("json")), 202),
  )
  app.openapi(dropManyRoute, async (context) =>
    context.json(await dropMany(callerIn(context), context.req.valid("json")), 200),
  )
  app.openapi(replayRoute, async (context) =>
    context.json(await replay(callerIn(context), context.req.valid("param").dead_letter_id), 202),
  )
  app.openapi(dropRoute, async (context) => {
    await drop(callerIn(context), context.req.valid("param").dead_letter_id)
    return context.body(null, 204)
  })
}
