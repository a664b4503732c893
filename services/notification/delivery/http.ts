import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import {
  bearer,
  idText,
  jsonAnswer,
  jsonBody,
  page,
  pageQuery,
  refusals,
  timeText,
} from "#kernel/http/shapes.ts"
import type { Office } from "../office.ts"
import { redeliver, redeliverMany } from "./redeliver.ts"
import { deliveryDetailShape, deliveryShape, deliveryStatus } from "./shape.ts"
import { listDeliveries, showDelivery } from "./show.ts"

const root = "/api/v1/deliveries"
const params = z.object({ delivery_id: idText })

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listDeliveries",
  summary: "List deliveries",
  security: bearer,
  request: {
    query: pageQuery.extend({
      cursor: idText.optional(),
      subscription_id: idText.optional(),
      status: deliveryStatus.optional(),
      run_id: idText.optional(),
    }),
  },
  responses: {
    200: jsonAnswer(
      "Of your subscriptions, and of the workspace's if you may manage them; newest first",
      page(deliveryShape),
    ),
    ...refusals,
  },
})

const showRoute = createRoute({
  method: "get",
  path: `${root}/{delivery_id}`,
  operationId: "getDelivery",
  summary: "Show a delivery",
  security: bearer,
  request: { params },
  responses: {
    200: jsonAnswer("The delivery with its attempts, the last one first", deliveryDetailShape),
    ...refusals,
  },
})

const redeliverRoute = createRoute({
  method: "post",
  path: `${root}/{delivery_id}/redeliver`,
  operationId: "redeliver",
  summary: "Send a delivery again",
  security: bearer,
  request: { params },
  responses: { 202: jsonAnswer("The delivery, to be sent once more", deliveryShape), ...refusals },
})

const chosenShape = z
  .strictObject({
    status: z.enum(["dead", "delivered"]).default("dead"),
    subscription_id: idText.optional(),
    since: timeText.optional(),
  })
  .openapi("ChooseDeliveries")

const redeliveredShape = z.object({ redelivered: z.int(), more: z.boolean() }).openapi("Redelivered")

const manyRoute = createRoute({
  method: "post",
  path: `${root}/redeliver`,
  operationId: "redeliverMany",
  summary: "Send deliveries again by filter",
  security: bearer,
  request: { body: jsonBody(chosenShape) },
  responses: {
    202: jsonAnswer("How many are sent once more; ask again while there are more", redeliveredShape),
    ...refusals,
  },
})

export const mountDeliveries = (app: App, office: Office): void => {
  const list = listDeliveries(office.database)
  const show = showDelivery(office.database)
  const again = redeliver(office)
  const many = redeliverMany(office)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(manyRoute, async (context) =>
    context.json(await many(callerIn(context), context.req.valid("json")), 202),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").delivery_id), 200),
  )
  app.openapi(redeliverRoute, async (context) =>
    context.json(await again(callerIn(context), context.req.valid("param").delivery_id), 202),
  )
}
