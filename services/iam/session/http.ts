import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { credentials } from "../user/credentials.ts"
import { login } from "./login.ts"
import { logout } from "./logout.ts"
import { refresh } from "./refresh.ts"
import { grantShape } from "./shape.ts"

const login_path = "/api/v1/auth/login"
const refresh_path = "/api/v1/auth/refresh"
const max_token_chars = 128

export const open_session_paths = [login_path, refresh_path]

const loginRoute = createRoute({
  method: "post",
  path: login_path,
  operationId: "login",
  request: { body: jsonBody(credentials) },
  responses: { 200: jsonAnswer("Tokens of a new session", grantShape), ...refusals },
})

const refreshRoute = createRoute({
  method: "post",
  path: refresh_path,
  operationId: "refreshLogin",
  request: { body: jsonBody(z.object({ refresh_token: z.string().max(max_token_chars) })) },
  responses: { 200: jsonAnswer("New tokens; the refresh token works once", grantShape), ...refusals },
})

const logoutRoute = createRoute({
  method: "post",
  path: "/api/v1/auth/logout",
  operationId: "logout",
  security: bearer,
  responses: { 204: { description: "The session has ended" }, ...refusals },
})

export const mountSession = (app: App, iam: Iam): void => {
  const signIn = login(iam)
  const renew = refresh(iam)
  const signOut = logout(iam.database)
  app.openapi(loginRoute, async (context) => context.json(await signIn(context.req.valid("json")), 200))
  app.openapi(refreshRoute, async (context) =>
    context.json(await renew(context.req.valid("json").refresh_token), 200),
  )
  app.openapi(logoutRoute, async (context) => {
    await signOut(context.get("actor"))
    return context.body(null, 204)
  })
}
