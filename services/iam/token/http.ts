import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { createToken } from "./create.ts"
import { deleteToken } from "./delete.ts"
import { listTokens } from "./list.ts"
import { createdTokenShape, newTokenShape, tokenShape } from "./shape.ts"

const createTokenRoute = createRoute({
  method: "post",
  path: "/api/v1/tokens",
  operationId: "createToken",
  summary: "Create a personal token",
  security: bearer,
  request: { body: jsonBody(newTokenShape) },
  responses: { 201: jsonAnswer("The token, whose text is shown this once", createdTokenShape), ...refusals },
})

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/tokens",
  operationId: "listTokens",
  summary: "List your personal tokens",
  security: bearer,
  request: { query: idPage },
  responses: {
    200: jsonAnswer("Your tokens in this workspace, newest first", page(tokenShape)),
    ...refusals,
  },
})

const deleteRoute = createRoute({
  method: "delete",
  path: "/api/v1/tokens/{token_id}",
  operationId: "deleteToken",
  summary: "Delete a personal token",
  security: bearer,
  request: { params: z.object({ token_id: idText }) },
  responses: { 204: { description: "The token is not valid any more" }, ...refusals },
})

export const mountTokens = (app: App, iam: Iam): void => {
  const create = createToken(iam)
  const list = listTokens(iam.database)
  const remove = deleteToken(iam.database)
  app.openapi(createTokenRoute, async (context) =>
    context.json(await create(callerIn(context), context.req.valid("json")), 201),
  )
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param").token_id)
    return context.body(null, 204)
  })
}
