import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, idText, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import type { Engine } from "../engine.ts"
import { listApprovals } from "./list.ts"
import { approvalShape } from "./shape.ts"

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/approvals",
  operationId: "listApprovals",
  summary: "List what waits for an approval",
  security: bearer,
  request: {
    query: pageQuery.extend({
      yours: z.stringbool().default(false).openapi({
        description: "Only those that you may decide, and have not said anything to.",
      }),
      cursor: idText.optional(),
    }),
  },
  responses: {
    200: jsonAnswer("What people are asked, of the newest run first", page(approvalShape)),
    ...refusals,
  },
})

export const mountApprovals = (app: App, engine: Engine): void => {
  const list = listApprovals(engine.database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
}
