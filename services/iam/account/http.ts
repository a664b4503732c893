import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idPage, idText, jsonAnswer, page, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { listAccounts } from "./list.ts"
import { accountFilter, accountShape } from "./shape.ts"
import { resumeAccount, suspendAccount } from "./suspend.ts"

const root = "/api/v1/auth/accounts"
const one = `${root}/{account_id}` as const

const params = z.object({ account_id: idText })

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listAccounts",
  summary: "List the accounts of the platform",
  security: bearer,
  request: { query: idPage.extend(accountFilter.shape) },
  responses: {
    200: jsonAnswer("Who is known to the platform, newest first", page(accountShape)),
    ...refusals,
  },
})

const suspendRoute = createRoute({
  method: "post",
  path: `${one}/suspend`,
  operationId: "suspendAccount",
  summary: "Keep an account from signing in",
  security: bearer,
  request: { params },
  responses: {
    200: jsonAnswer("The account, whose holder is kept out of the platform now", accountShape),
    ...refusals,
  },
})

const resumeRoute = createRoute({
  method: "post",
  path: `${one}/resume`,
  operationId: "resumeAccount",
  summary: "Let an account sign in again",
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer("The account, whose holder may come in again", accountShape), ...refusals },
})

export const mountAccounts = (app: App, iam: Iam): void => {
  const list = listAccounts(iam.database)
  const suspend = suspendAccount(iam)
  const resume = resumeAccount(iam)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(suspendRoute, async (context) =>
    context.json(await suspend(callerIn(context), context.req.valid("param").account_id), 200),
  )
  app.openapi(resumeRoute, async (context) =>
    context.json(await resume(callerIn(context), context.req.valid("param").account_id), 200),
  )
}
