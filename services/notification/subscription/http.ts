import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import { deliveryShape } from "../delivery/shape.ts"
import type { Office } from "../office.ts"
import { changeSubscription } from "./change.ts"
import { createSubscription } from "./create.ts"
import { changeShape, createdShape, createShape, subscriptionShape } from "./shape.ts"
import { listSubscriptions, showSubscription } from "./show.ts"
import { testSubscription } from "./test-delivery.ts"
import { deleteSubscription, pauseSubscription, resumeSubscription, rotateSecret } from "./turn.ts"

const root = "/api/v1/subscriptions"
const params = z.object({ subscription_id: idText })
const one = `${root}/{subscription_id}` as const

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listSubscriptions",
  summary: "List subscriptions",
  security: bearer,
  request: { query: idPage },
  responses: {
    200: jsonAnswer("Your own, and the workspace's if you may manage them", page(subscriptionShape)),
    ...refusals,
  },
})

const createOne = createRoute({
  method: "post",
  path: root,
  operationId: "createSubscription",
  summary: "Subscribe to events",
  security: bearer,
  request: { body: jsonBody(createShape) },
  responses: { 201: jsonAnswer("The subscription", createdShape), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: one,
  operationId: "getSubscription",
  summary: "Show a subscription",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("The subscription", subscriptionShape), ...refusals },
})

const changeRoute = createRoute({
  method: "patch",
  path: one,
  operationId: "changeSubscription",
  summary: "Change a subscription",
  security: bearer,
  request: { params, body: jsonBody(changeShape) },
  responses: { 200: jsonAnswer("The subscription", subscriptionShape), ...refusals },
})

const deleteRoute = createRoute({
  method: "delete",
  path: one,
  operationId: "deleteSubscription",
  summary: "Delete a subscription",
  security: bearer,
  request: { params },
  responses: { 204: { description: "It is gone, with its deliveries" }, ...refusals },
})

const turnRoute = (turn: "pause" | "resume") =>
  createRoute({
    method: "post",
    path: `${one}/${turn}`,
    operationId: `${turn}Subscription`,
    summary: turn === "pause" ? "Pause a subscription" : "Resume a subscription",
    security: bearer,
    request: { params },
    responses: { 200: jsonAnswer("The subscription", subscriptionShape), ...refusals },
  })

const rotateRoute = createRoute({
  method: "post",
  path: `${one}/rotate-secret`,
  operationId: "rotateSubscriptionSecret",
  summary: "Give a webhook subscription a new secret",
  security: bearer,
  request: { params },
  responses: {
    200: jsonAnswer("With its new secret; for a day the old one signs, too", createdShape),
    ...refusals,
  },
})

const testRoute = createRoute({
  method: "post",
  path: `${one}/test`,
  operationId: "testSubscription",
  summary: "Send a notification to try a subscription",
  security: bearer,
  request: { params },
  responses: { 202: jsonAnswer("A delivery that says it is a test", deliveryShape), ...refusals },
})

export const mountSubscriptions = (app: App, office: Office): void => {
  const { database } = office
  const list = listSubscriptions(database)
  const create = createSubscription(office)
  const show = showSubscription(database)
  const change = changeSubscription(office)
  const remove = deleteSubscription(database)
  const rotate = rotateSecret(office)
  const test = testSubscription(office)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(createOne, async (context) =>
    context.json(await create(callerIn(context), context.req.valid("json")), 201),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").subscription_id), 200),
  )
  app.openapi(changeRoute, async (context) => {
    const { subscription_id } = context.req.valid("param")
    return context.json(await change(callerIn(context), subscription_id, context.req.valid("json")), 200)
  })
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param").subscription_id)
    return context.body(null, 204)
  })
  for (const [turn, apply] of [
    ["pause", pauseSubscription(office)],
    ["resume", resumeSubscription(office)],
  ] as const) {
    app.openapi(turnRoute(turn), async (context) =>
      context.json(await apply(callerIn(context), context.req.valid("param").subscription_id), 200),
    )
  }
  app.openapi(rotateRoute, async (context) =>
    context.json(await rotate(callerIn(context), context.req.valid("param").subscription_id), 200),
  )
  app.openapi(testRoute, async (context) =>
    context.json(await test(callerIn(context), context.req.valid("param").subscription_id), 202),
  )
}
