import { createRoute, z } from "@hono/zod-openapi"
import { originOf } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { verifyRegistration } from "../registration/verify.ts"
import { resetPassword } from "../reset/apply.ts"
import { forgotPassword } from "../reset/forgot.ts"
import { workspaceShape } from "../workspace/shape.ts"
import { forgottenShape, newPasswordShape, registration, verification } from "./credentials.ts"
import { register } from "./register.ts"
import { userShape } from "./shape.ts"
import { showMe } from "./show.ts"

const register_path = "/api/v1/auth/register"
const verify_path = "/api/v1/auth/verify"
const forgot_path = "/api/v1/auth/password/forgot"
const reset_path = "/api/v1/auth/password/reset"

export const open_user_paths = [register_path, verify_path, forgot_path, reset_path]

const accountShape = z.object({ user: userShape, workspace: workspaceShape }).openapi("Me")

const mailedShape = z.object({ email: z.string(), detail: z.string() }).openapi("Mailed")

const registerRoute = createRoute({
  method: "post",
  path: register_path,
  operationId: "register",
  summary: "Register an account",
  request: { body: jsonBody(registration) },
  responses: {
    201: jsonAnswer("The new user and their workspace", accountShape),
    202: jsonAnswer("Where mail is sent: what to do next is in a mail to that address", mailedShape),
    ...refusals,
  },
})

const verifyRoute = createRoute({
  method: "post",
  path: verify_path,
  operationId: "verifyRegistration",
  summary: "Confirm the e-mail address of an account",
  request: { body: jsonBody(verification) },
  responses: { 201: jsonAnswer("The new user and their workspace", accountShape), ...refusals },
})

const forgotRoute = createRoute({
  method: "post",
  path: forgot_path,
  operationId: "forgotPassword",
  summary: "Ask for a link to set a new password",
  request: { body: jsonBody(forgottenShape) },
  responses: { 202: jsonAnswer("If somebody has that address, they get a mail", mailedShape), ...refusals },
})

const resetRoute = createRoute({
  method: "post",
  path: reset_path,
  operationId: "resetPassword",
  summary: "Set a new password with the link",
  request: { body: jsonBody(newPasswordShape) },
  responses: {
    204: { description: "The password is the new one, and every session has ended" },
    ...refusals,
  },
})

const meRoute = createRoute({
  method: "get",
  path: "/api/v1/auth/me",
  operationId: "getMe",
  summary: "Show who you are",
  security: bearer,
  responses: { 200: jsonAnswer("Who you are, and as what in which workspace", accountShape), ...refusals },
})

/** The same whoever asks, and whether or not anybody has the address. */
const mailed = (email: string) => ({ email, detail: "What to do next is in a mail to this address." })

export const mountUser = (app: App, iam: Iam): void => {
  const registerUser = register(iam)
  const verify = verifyRegistration(iam)
  const forgot = forgotPassword(iam)
  const reset = resetPassword(iam)
  const show = showMe(iam.database)
  app.openapi(registerRoute, async (context) => {
    const wanted = context.req.valid("json")
    const made = await registerUser(wanted, originOf(context))
    return made ? context.json(made, 201) : context.json(mailed(wanted.email), 202)
  })
  app.openapi(verifyRoute, async (context) =>
    context.json(await verify(context.req.valid("json"), originOf(context)), 201),
  )
  app.openapi(forgotRoute, async (context) => {
    const { email } = context.req.valid("json")
    await forgot(email, originOf(context))
    return context.json(mailed(email), 202)
  })
  app.openapi(resetRoute, async (context) => {
    await reset(context.req.valid("json"), originOf(context))
    return context.body(null, 204)
  })
  app.openapi(meRoute, async (context) => context.json(await show(context.get("actor")), 200))
}
