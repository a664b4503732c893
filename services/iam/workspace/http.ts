import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { addWorkspace } from "./add.ts"
import { archiveWorkspace, restoreWorkspace } from "./archive.ts"
import { listWorkspaces } from "./list.ts"
import { renameWorkspace } from "./rename.ts"
import { newWorkspaceShape, workspaceNameShape, workspaceShape } from "./shape.ts"
import { showWorkspace } from "./show.ts"

const root = "/api/v1/workspaces"
const one = `${root}/{workspace_id}` as const

const params = z.object({ workspace_id: idText })

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listWorkspaces",
  summary: "List your workspaces",
  security: bearer,
  request: { query: idPage },
  responses: { 200: jsonAnswer("The workspaces you are a member of", page(workspaceShape)), ...refusals },
})

const addRoute = createRoute({
  method: "post",
  path: root,
  operationId: "createWorkspace",
  summary: "Create a workspace",
  security: bearer,
  request: { body: jsonBody(newWorkspaceShape) },
  responses: { 201: jsonAnswer("The new workspace, whose owner you are", workspaceShape), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: one,
  operationId: "getWorkspace",
  summary: "Show a workspace",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("The workspace, and what you are in it", workspaceShape), ...refusals },
})

const renameRoute = createRoute({
  method: "patch",
  path: one,
  operationId: "renameWorkspace",
  summary: "Rename a workspace",
  security: bearer,
  request: { params, body: jsonBody(workspaceNameShape) },
  responses: { 200: jsonAnswer("It has another name; its slug stays", workspaceShape), ...refusals },
})

const archiveRoute = createRoute({
  method: "post",
  path: `${one}/archive`,
  operationId: "archiveWorkspace",
  summary: "Archive a workspace",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("It may be read, and nothing is done in it", workspaceShape), ...refusals },
})

const restoreRoute = createRoute({
  method: "post",
  path: `${one}/restore`,
  operationId: "restoreWorkspace",
  summary: "Restore an archived workspace",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("It is used again", workspaceShape), ...refusals },
})

export const mountWorkspaces = (app: App, iam: Iam): void => {
  const { database } = iam
  const list = listWorkspaces(database)
  const add = addWorkspace(iam)
  const show = showWorkspace(database)
  const rename = renameWorkspace(database)
  const archive = archiveWorkspace(database)
  const restore = restoreWorkspace(database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(addRoute, async (context) =>
    context.json(await add(callerIn(context), context.req.valid("json")), 201),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").workspace_id), 200),
  )
  app.openapi(renameRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    const { name } = context.req.valid("json")
    return context.json(await rename(callerIn(context), workspace_id, name), 200)
  })
  app.openapi(archiveRoute, async (context) =>
    context.json(await archive(callerIn(context), context.req.valid("param").workspace_id), 200),
  )
  app.openapi(restoreRoute, async (context) =>
    context.json(await restore(callerIn(context), context.req.valid("param").workspace_id), 200),
  )
}
