import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { createdTokenShape, newServiceTokenShape, tokenShape } from "../token/shape.ts"
import { createServiceAccount } from "./create.ts"
import { deleteServiceAccount } from "./delete.ts"
import { listServiceAccounts } from "./list.ts"
import { newServiceAccountShape, serviceAccountShape } from "./shape.ts"
import { createServiceToken, deleteServiceToken, listServiceTokens } from "./tokens.ts"

const root = "/api/v1/workspaces/{workspace_id}/service-accounts"
const one = `${root}/{account_id}` as const
const tokens = `${one}/tokens` as const

const params = z.object({ workspace_id: idText, account_id: idText })
const workspaceParam = params.pick({ workspace_id: true })
const createAccountRoute = createRoute({
  method: "post",
  path: root,
  operationId: "createServiceAccount",
  summary: "Create a service account",
  security: bearer,
  request: { params: workspaceParam, body: jsonBody(newServiceAccountShape) },
  responses: { 201: jsonAnswer("The new service account", serviceAccountShape), ...refusals },
})

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listServiceAccounts",
  summary: "List the service accounts of a workspace",
  security: bearer,
  request: { params: workspaceParam, query: idPage },
  responses: { 200: jsonAnswer("The members that are programs", page(serviceAccountShape)), ...refusals },
})

const deleteRoute = createRoute({
  method: "delete",
  path: one,
  operationId: "deleteServiceAccount",
  summary: "Delete a service account",
  security: bearer,
  request: { params },
  responses: { 204: { description: "It and its tokens are no more" }, ...refusals },
})

const createTokenRoute = createRoute({
  method: "post",
  path: tokens,
  operationId: "createServiceToken",
  summary: "Create a token of a service account",
  security: bearer,
  request: { params, body: jsonBody(newServiceTokenShape) },
  responses: { 201: jsonAnswer("The token, whose text is shown this once", createdTokenShape), ...refusals },
})

const listTokensRoute = createRoute({
  method: "get",
  path: tokens,
  operationId: "listServiceTokens",
  summary: "List the tokens of a service account",
  security: bearer,
  request: { params, query: idPage },
  responses: { 200: jsonAnswer("Its tokens, newest first", page(tokenShape)), ...refusals },
})

const deleteTokenRoute = createRoute({
  method: "delete",
  path: `${tokens}/{token_id}`,
  operationId: "deleteServiceToken",
  summary: "Delete a token of a service account",
  security: bearer,
  request: { params: params.extend({ token_id: idText }) },
  responses: { 204: { description: "The token is not valid any more" }, ...refusals },
})

export const mountServiceAccounts = (app: App, iam: Iam): void => {
  const create = createServiceAccount(iam)
  const list = listServiceAccounts(iam.database)
  const remove = deleteServiceAccount(iam)
  app.openapi(createAccountRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    return context.json(await create(callerIn(context), workspace_id, context.req.valid("json")), 201)
  })
  app.openapi(listRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    return context.json(await list(context.get("actor"), workspace_id, context.req.valid("query")), 200)
  })
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
  mountServiceTokens(app, iam)
}

const mountServiceTokens = (app: App, iam: Iam): void => {
  const create = createServiceToken(iam)
  const list = listServiceTokens(iam.database)
  const remove = deleteServiceToken(iam)
  app.openapi(createTokenRoute, async (context) => {
    const which = context.req.valid("param")
    return context.json(await create(callerIn(context), which, context.req.valid("json")), 201)
  })
  app.openapi(listTokensRoute, async (context) => {
    const which = context.req.valid("param")
    return context.json(await list(context.get("actor"), which, context.req.valid("query")), 200)
  })
  app.openapi(deleteTokenRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
}
