import { createRoute, z } from "@hono/zod-openapi"
import { callerIn, originOf } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, jsonBody, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { credentials } from "../user/credentials.ts"
import { endAllSessions, endSession } from "./end.ts"
import { listSessions } from "./list.ts"
import { login } from "./login.ts"
import { logout } from "./logout.ts"
import { refresh } from "./refresh.ts"
import { grantShape, sessionShape } from "./shape.ts"

const login_path = "/api/v1/auth/login"
const refresh_path = "/api/v1/auth/refresh"
const max_token_chars = 128

export const open_session_paths = [login_path, refresh_path]

const loginRoute = createRoute({
  method: "post",
  path: login_path,
  operationId: "login",
  summary: "Sign in with e-mail and password",
  request: { body: jsonBody(credentials) },
  responses: { 200: jsonAnswer("Tokens of a new session", grantShape), ...refusals },
})

const refreshRoute = createRoute({
  method: "post",
  path: refresh_path,
  operationId: "refreshLogin",
  summary: "Get a new access token",
  request: { body: jsonBody(z.object({ refresh_token: z.string().max(max_token_chars) })) },
  responses: { 200: jsonAnswer("New tokens; the refresh token works once", grantShape), ...refusals },
})

const logoutRoute = createRoute({
  method: "post",
  path: "/api/v1/auth/logout",
  operationId: "logout",
  summary: "Sign out",
  security: bearer,
  responses: { 204: { description: "The session has ended" }, ...refusals },
})

const sessions_path = "/api/v1/auth/sessions"

const listRoute = createRoute({
  method: "get",
  path: sessions_path,
  operationId: "listSessions",
  summary: "List where you are signed in",
  security: bearer,
  request: { query: idPage },
  responses: { 200: jsonAnswer("Where you are signed in, newest first", page(sessionShape)), ...refusals },
})

const endRoute = createRoute({
  method: "delete",
  path: `${sessions_path}/{session_id}`,
  operationId: "endSession",
  summary: "End one of your sessions",
  security: bearer,
  request: { params: z.object({ session_id: idText }) },
  responses: { 204: { description: "It has ended" }, ...refusals },
})

const endAllRoute = createRoute({
  method: "delete",
  path: sessions_path,
  operationId: "endSessions",
  summary: "Sign out everywhere else",
  security: bearer,
  responses: { 204: { description: "You are logged out everywhere, here too" }, ...refusals },
})

export const mountSession = (app: App, iam: Iam): void => {
  const signIn = login(iam)
  const renew = refresh(iam)
  const signOut = logout(iam)
  const list = listSessions(iam.database)
  const end = endSession(iam)
  const endAll = endAllSessions(iam)
  app.openapi(loginRoute, async (context) =>
    context.json(await signIn(context.req.valid("json"), originOf(context)), 200),
  )
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(endRoute, async (context) => {
    await end(callerIn(context), context.req.valid("param").session_id)
    return context.body(null, 204)
  })
  app.openapi(endAllRoute, async (context) => {
    await endAll(callerIn(context))
    return context.body(null, 204)
  })
  app.openapi(refreshRoute, async (context) =>
    context.json(await renew(context.req.valid("json").refresh_token, originOf(context)), 200),
  )
  app.openapi(logoutRoute, async (context) => {
    await signOut(callerIn(context))
    return context.body(null, 204)
  })
}
