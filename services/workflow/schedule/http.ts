import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, page, pageQuery, refusals, timeText } from "#kernel/http/shapes.ts"
import { backfillSchedule } from "../fire/backfill.ts"
import { listFires } from "../fire/list.ts"
import { backfilledShape, backfillShape, fireShape, nextFireShape } from "../fire/shape.ts"
import { nameText } from "../workflow/shape.ts"
import { deleteSchedule, pauseSchedule, resumeSchedule } from "./change.ts"
import { createSchedule, type Scheduling } from "./create.ts"
import { createScheduleShape, fireStatus, scheduleShape } from "./shape.ts"
import { listNext, listSchedules, showSchedule } from "./show.ts"

const root = "/api/v1/schedules"
const schedulePath = z.object({ name: nameText })
const max_next = 100

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listSchedules",
  summary: "List schedules",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: nameText.optional(), workflow: nameText.optional() }) },
  responses: { 200: jsonAnswer("Schedules by name", page(scheduleShape)), ...refusals },
})

const createScheduleRoute = createRoute({
  method: "post",
  path: root,
  operationId: "createSchedule",
  summary: "Create a schedule",
  security: bearer,
  request: { body: jsonBody(createScheduleShape) },
  responses: { 201: jsonAnswer("The schedule", scheduleShape), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: `${root}/{name}`,
  operationId: "getSchedule",
  summary: "Show a schedule",
  security: bearer,
  request: { params: schedulePath },
  responses: { 200: jsonAnswer("The schedule", scheduleShape), ...refusals },
})

const deleteRoute = createRoute({
  method: "delete",
  path: `${root}/{name}`,
  operationId: "deleteSchedule",
  summary: "Delete a schedule",
  security: bearer,
  request: { params: schedulePath },
  responses: { 204: { description: "It is gone, with its history; its runs stay" }, ...refusals },
})

const turnRoute = (turn: "pause" | "resume") =>
  createRoute({
    method: "post",
    path: `${root}/{name}/${turn}`,
    operationId: `${turn}Schedule`,
    summary: turn === "pause" ? "Pause a schedule" : "Resume a schedule",
    security: bearer,
    request: { params: schedulePath },
    responses: { 200: jsonAnswer("The schedule", scheduleShape), ...refusals },
  })

const nextRoute = createRoute({
  method: "get",
  path: `${root}/{name}/next`,
  operationId: "listNextFires",
  summary: "List when a schedule fires next",
  security: bearer,
  request: {
    params: schedulePath,
    query: z.object({ count: z.coerce.number().int().min(1).max(max_next).default(10) }),
  },
  responses: { 200: jsonAnswer("When it will be due", page(nextFireShape)), ...refusals },
})

const firesRoute = createRoute({
  method: "get",
  path: `${root}/{name}/fires`,
  operationId: "listFires",
  summary: "List when a schedule fired",
  security: bearer,
  request: {
    params: schedulePath,
    query: pageQuery.extend({ cursor: timeText.optional(), status: fireStatus.optional() }),
  },
  responses: {
    200: jsonAnswer("What became of each time that was due, latest first", page(fireShape)),
    ...refusals,
  },
})

const backfillRoute = createRoute({
  method: "post",
  path: `${root}/{name}/backfill`,
  operationId: "backfillSchedule",
  summary: "Start the runs of a stretch of the past",
  security: bearer,
  request: { params: schedulePath, body: jsonBody(backfillShape) },
  responses: { 202: jsonAnswer("The times of the range", backfilledShape), ...refusals },
})

export const mountSchedules = (app: App, scheduling: Scheduling): void => {
  const { database } = scheduling
  const list = listSchedules(database)
  const make = createSchedule(scheduling)
  const show = showSchedule(database)
  const remove = deleteSchedule(database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(createScheduleRoute, async (context) =>
    context.json(await make(callerIn(context), context.req.valid("json")), 201),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").name), 200),
  )
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param").name)
    return context.body(null, 204)
  })
  for (const [turn, change] of [
    ["pause", pauseSchedule(database)],
    ["resume", resumeSchedule(database)],
  ] as const) {
    app.openapi(turnRoute(turn), async (context) =>
      context.json(await change(callerIn(context), context.req.valid("param").name), 200),
    )
  }
  mountFires(app, scheduling)
}

const mountFires = (app: App, { database }: Scheduling): void => {
  const next = listNext(database)
  const fires = listFires(database)
  const backfill = backfillSchedule(database)
  app.openapi(nextRoute, async (context) => {
    const { count } = context.req.valid("query")
    const items = await next(context.get("actor"), context.req.valid("param").name, count)
    return context.json({ items: [...items], next_cursor: null }, 200)
  })
  app.openapi(firesRoute, async (context) => {
    const wanted = { ...context.req.valid("param"), ...context.req.valid("query") }
    return context.json(await fires(context.get("actor"), wanted), 200)
  })
  app.openapi(backfillRoute, async (context) => {
    const { name } = context.req.valid("param")
    return context.json(await backfill(callerIn(context), name, context.req.valid("json")), 202)
  })
}
