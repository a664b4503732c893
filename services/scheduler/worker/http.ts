import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import type { Engine } from "../engine.ts"
import { listWorkers } from "./list.ts"
import { workerShape } from "./shape.ts"

const cursor = /^[01]\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/workers",
  operationId: "listWorkers",
  summary: "List workers",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: z.string().regex(cursor).optional() }) },
  responses: {
    200: jsonAnswer(
      "The platform's workers and the workspace's own, those that live first",
      page(workerShape),
    ),
    ...refusals,
  },
})

export const mountWorkers = (app: App, engine: Engine): void => {
  const list = listWorkers(engine.database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
}
