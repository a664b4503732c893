import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { callerIn } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { changeMember } from "./change.ts"
import { listMembers } from "./list.ts"
import { removeMember } from "./remove.ts"
import { memberRoleShape, memberShape } from "./shape.ts"

const root = "/api/v1/workspaces/{workspace_id}/members"
const one = `${root}/{user_id}` as const

const params = z.object({ workspace_id: z.uuid(), user_id: z.uuid() })

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listMembers",
  security: bearer,
  request: {
    params: params.pick({ workspace_id: true }),
    query: pageQuery.extend({ cursor: z.uuid().optional() }),
  },
  responses: { 200: jsonAnswer("Who is in the workspace, and as what", page(memberShape)), ...refusals },
})

const changeRoute = createRoute({
  method: "patch",
  path: one,
  operationId: "changeMember",
  security: bearer,
  request: { params, body: jsonBody(memberRoleShape) },
  responses: { 200: jsonAnswer("The member with another role", memberShape), ...refusals },
})

const removeRoute = createRoute({
  method: "delete",
  path: one,
  operationId: "removeMember",
  security: bearer,
  request: { params },
  responses: { 204: { description: "They are no member any more" }, ...refusals },
})

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
}
