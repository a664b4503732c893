import { createRoute } from "@hono/zod-openapi"
import type { Context } from "hono"
import { deleteCookie, getCookie, setCookie } from "hono/cookie"
import { originOf } from "#kernel/audit/caller.ts"
import type { App, AppEnvironment } from "#kernel/http/app.ts"
import { jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import { Problem, problemBody } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { answerPage } from "../page/page.ts"
import { grantShape } from "../session/shape.ts"
import { attempt_lifetime_s, cookieOf } from "./attempt.ts"
import { beginSignIn, theOidc } from "./begin.ts"
import { finishSignIn } from "./finish.ts"
import { callback_path, oidc_root } from "./paths.ts"
import { redeemSignIn } from "./redeem.ts"
import { beginShape, finishShape, providerShape, redeemShape } from "./shape.ts"

const provider_path = `${oidc_root}/provider`
const start_path = `${oidc_root}/start`
const token_path = `${oidc_root}/token`

export const open_oidc_paths = [provider_path, start_path, callback_path, token_path]

const showRoute = createRoute({
  method: "get",
  path: provider_path,
  operationId: "getOidcProvider",
  summary: "Show the identity provider",
  responses: { 200: jsonAnswer("Where people sign in, if they do so elsewhere", providerShape), ...refusals },
})

const startRoute = createRoute({
  method: "get",
  path: start_path,
  operationId: "startOidc",
  summary: "Begin to sign in at the identity provider",
  request: { query: beginShape },
  responses: { 302: { description: "The browser goes on to the provider" }, ...refusals },
})

const callbackRoute = createRoute({
  method: "get",
  path: callback_path,
  operationId: "finishOidc",
  summary: "Where the identity provider sends its users back to",
  request: { query: finishShape },
  responses: {
    302: {
      description: "The browser goes on to the program that wanted the sign-in, with `code` or `error`",
    },
    ...refusals,
  },
})

const tokenRoute = createRoute({
  method: "post",
  path: token_path,
  operationId: "redeemOidc",
  summary: "Redeem a sign-in at the identity provider for tokens",
  request: { body: jsonBody(redeemShape) },
  responses: { 200: jsonAnswer("Tokens of a new session", grantShape), ...refusals },
})

/** Sent along when the provider leads the browser back, and read by no script. */
const cookieOptions = ({ oidc }: Iam) =>
  ({
    path: oidc_root,
    httpOnly: true,
    sameSite: "Lax",
    secure: oidc?.settings.public_url.startsWith("https:") ?? false,
  }) as const

/** What stands in such an address is nobody else's, and good once. */
const leadOn = (context: Context<AppEnvironment>, url: string) => {
  context.header("cache-control", "no-store")
  context.header("referrer-policy", "no-referrer")
  return context.redirect(url, 302)
}

/** Who sits before a browser reads a page rather than JSON. */
const shown = async (
  context: Context<AppEnvironment>,
  answer: () => Promise<Response>,
): Promise<Response> => {
  try {
    return await answer()
  } catch (error) {
    const wants_page = context.req.header("accept")?.includes("text/html") ?? false
    if (!(error instanceof Problem) || !wants_page) throw error
    const { title, detail, next, status } = problemBody(error)
    return answerPage({ title, lines: [detail, next] }, status)
  }
}

export const mountOidc = (app: App, iam: Iam): void => {
  const begin = beginSignIn(iam)
  const finish = finishSignIn(iam)
  const redeem = redeemSignIn(iam)
  const options = cookieOptions(iam)
  app.openapi(showRoute, async (context) => {
    const { provider, settings } = theOidc(iam)
    await provider.ready()
    const { issuer, public_url } = settings
    return context.json({ issuer, start_url: `${public_url}${start_path}` }, 200)
  })
  app.openapi(startRoute, (context) =>
    shown(context, async () => {
      const { url, state, cookie } = await begin(context.req.valid("query"))
      setCookie(context, cookieOf(state), cookie, { ...options, maxAge: attempt_lifetime_s })
      return leadOn(context, url)
    }),
  )
  app.openapi(callbackRoute, (context) =>
    shown(context, async () => {
      const { state, code, iss, error } = context.req.valid("query")
      const name = cookieOf(state)
      const finished = { state, code, iss, error, cookie: getCookie(context, name) ?? "" }
      const url = await finish(finished, originOf(context))
      deleteCookie(context, name, options)
      return leadOn(context, url)
    }),
  )
  app.openapi(tokenRoute, async (context) =>
    context.json(await redeem(context.req.valid("json"), originOf(context)), 200),
  )
}
