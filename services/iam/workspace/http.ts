import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { listWorkspaces } from "./list.ts"
import { workspaceShape } from "./shape.ts"

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/workspaces",
  operationId: "listWorkspaces",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: z.uuid().optional() }) },
  responses: { 200: jsonAnswer("The workspaces you are a member of", page(workspaceShape)), ...refusals },
})

export const mountWorkspaces = (app: App, iam: Iam): void => {
  const list = listWorkspaces(iam.database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
}
