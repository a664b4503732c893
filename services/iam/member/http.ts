import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { changeMember } from "./change.ts"
import { listMembers } from "./list.ts"
import { removeMember } from "./remove.ts"
import { memberRoleShape, memberShape } from "./shape.ts"
import { resumeMember, suspendMember } from "./suspend.ts"

const root = "/api/v1/workspaces/{workspace_id}/members"
const one = `${root}/{user_id}` as const

const params = z.object({ workspace_id: idText, user_id: idText })

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listMembers",
  summary: "List the members of a workspace",
  security: bearer,
  request: {
    params: params.pick({ workspace_id: true }),
    query: idPage,
  },
  responses: { 200: jsonAnswer("Who is in the workspace, and as what", page(memberShape)), ...refusals },
})

const changeRoute = createRoute({
  method: "patch",
  path: one,
  operationId: "changeMember",
  summary: "Change the role of a member",
  security: bearer,
  request: { params, body: jsonBody(memberRoleShape) },
  responses: { 200: jsonAnswer("The member with another role", memberShape), ...refusals },
})

const removeRoute = createRoute({
  method: "delete",
  path: one,
  operationId: "removeMember",
  summary: "Remove a member",
  security: bearer,
  request: { params },
  responses: { 204: { description: "They are no member any more" }, ...refusals },
})

const suspendRoute = createRoute({
  method: "post",
  path: `${one}/suspend`,
  operationId: "suspendMember",
  summary: "Keep a member out for the time being",
  security: bearer,
  request: { params },
  responses: {
    200: jsonAnswer("The member, who is kept out of the workspace now", memberShape),
    ...refusals,
  },
})

const resumeRoute = createRoute({
  method: "post",
  path: `${one}/resume`,
  operationId: "resumeMember",
  summary: "Let a member in again",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("The member, who may work in the workspace again", memberShape), ...refusals },
})

const mountSuspension = (app: App, iam: Iam): void => {
  const suspend = suspendMember(iam)
  const resume = resumeMember(iam)
  app.openapi(suspendRoute, async (context) =>
    context.json(await suspend(callerIn(context), context.req.valid("param")), 200),
  )
  app.openapi(resumeRoute, async (context) =>
    context.json(await resume(callerIn(context), context.req.valid("param")), 200),
  )
}

export const mountMembers = (app: App, iam: Iam): void => {
  const list = listMembers(iam.database)
  const change = changeMember(iam)
  const remove = removeMember(iam)
  app.openapi(listRoute, async (context) => {
    const { workspace_id } = context.req.valid("param")
    return context.json(await list(context.get("actor"), workspace_id, context.req.valid("query")), 200)
  })
  app.openapi(changeRoute, async (context) => {
    const wanted = { ...context.req.valid("param"), ...context.req.valid("json") }
    return context.json(await change(callerIn(context), wanted), 200)
  })
  app.openapi(removeRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
  mountSuspension(app, iam)
}
