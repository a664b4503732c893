import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import { originOf } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { workspaceShape } from "../workspace/shape.ts"
import { registration } from "./credentials.ts"
import { register } from "./register.ts"
import { userShape } from "./shape.ts"
import { showMe } from "./show.ts"

const register_path = "/api/v1/auth/register"

export const open_user_paths = [register_path]

const accountShape = z.object({ user: userShape, workspace: workspaceShape }).openapi("Me")

const registerRoute = createRoute({
  method: "post",
  path: register_path,
  operationId: "register",
  request: { body: jsonBody(registration) },
  responses: { 201: jsonAnswer("The new user and their workspace", accountShape), ...refusals },
})

const meRoute = createRoute({
  method: "get",
  path: "/api/v1/auth/me",
  operationId: "getMe",
  security: bearer,
  responses: { 200: jsonAnswer("Who you are, and as what in which workspace", accountShape), ...refusals },
})

export const mountUser = (app: App, iam: Iam): void => {
  const registerUser = register(iam)
  const show = showMe(iam.database)
  app.openapi(registerRoute, async (context) =>
    context.json(await registerUser(context.req.valid("json"), originOf(context)), 201),
  )
  app.openapi(meRoute, async (context) => context.json(await show(context.get("actor")), 200))
}
