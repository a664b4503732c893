import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { workspaceShape } from "../workspace/shape.ts"
import { acceptInvite } from "./accept.ts"
import { createInvite } from "./create.ts"
import { listInvites } from "./list.ts"
import { revokeInvite } from "./revoke.ts"
import { acceptShape, createdInviteShape, inviteShape, newInviteShape } from "./shape.ts"

const root = "/api/v1/workspaces/{workspace_id}/invites"

const params = z.object({ workspace_id: idText, invite_id: idText })
const workspaceParam = params.pick({ workspace_id: true })

const createInviteRoute = createRoute({
  method: "post",
  path: root,
  operationId: "createInvite",
  summary: "Invite somebody to a workspace",
  security: bearer,
  request: { params: workspaceParam, body: jsonBody(newInviteShape) },
  responses: {
    201: jsonAnswer("The invitation, whose token is shown this once", createdInviteShape),
    ...refusals,
  },
})

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listInvites",
  summary: "List the open invitations of a workspace",
  security: bearer,
  request: { params: workspaceParam, query: idPage },
  responses: { 200: jsonAnswer("Those that can be accepted, newest first", page(inviteShape)), ...refusals },
})

const revokeRoute = createRoute({
  method: "delete",
  path: `${root}/{invite_id}`,
  operationId: "revokeInvite",
  summary: "Take an invitation back",
  security: bearer,
  request: { params },
  responses: { 204: { description: "It can't be accepted any more" }, ...refusals },
})

const acceptRoute = createRoute({
  method: "post",
  path: "/api/v1/invites/accept",
  operationId: "acceptInvite",
  summary: "Accept an invitation",
  security: bearer,
  request: { body: jsonBody(acceptShape) },
  responses: { 200: jsonAnswer("The workspace you are a member of now", workspaceShape), ...refusals },
})

export const mountInvites = (app: App, iam: Iam): void => {
  const create = createInvite(iam)
  const list = listInvites(iam.database)
  const revoke = revokeInvite(iam.database)
  const accept = acceptInvite(iam)
  app.openapi(createInviteRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    return context.json(await create(callerIn(context), workspace_id, context.req.valid("json")), 201)
  })
  app.openapi(listRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    return context.json(await list(context.get("actor"), workspace_id, context.req.valid("query")), 200)
  })
  app.openapi(revokeRoute, async (context) => {
    await revoke(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
  app.openapi(acceptRoute, async (context) =>
    context.json(await accept(callerIn(context), context.req.valid("json").token), 200),
  )
}
