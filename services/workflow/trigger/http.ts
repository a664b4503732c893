import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { nameText } from "../workflow/shape.ts"
import { listHooks } from "./list.ts"
import { type Receiving, receiveHook } from "./receive.ts"
import { rotateHook } from "./rotate.ts"
import { hookDetailShape, hookPath, hookShape, receivedShape } from "./shape.ts"
import { showHook } from "./show.ts"

const root = "/api/v1/hooks"
/** The address of a webhook is as good as a key. */
export const receive_path = "/hooks/{token}"
const max_body_bytes = 1024 * 1024

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listHooks",
  summary: "List webhooks that start workflows",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: nameText.optional(), workflow: nameText.optional() }) },
  responses: { 200: jsonAnswer("What begins runs, by workflow and name", page(hookShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: `${root}/{workflow}/{name}`,
  operationId: "showHook",
  summary: "Show a webhook that starts a workflow",
  security: bearer,
  request: { params: hookPath },
  responses: {
    200: jsonAnswer("What begins runs, with its newest deliveries", hookDetailShape),
    ...refusals,
  },
})

const rotateRoute = createRoute({
  method: "post",
  path: `${root}/{workflow}/{name}/rotate`,
  operationId: "rotateHook",
  summary: "Give a webhook a new address",
  security: bearer,
  request: { params: hookPath },
  responses: { 200: jsonAnswer("The webhook, with its new address", hookShape), ...refusals },
})

const receiveRoute = createRoute({
  method: "post",
  path: receive_path,
  operationId: "receiveHook",
  summary: "Start a workflow by its webhook",
  description:
    "Needs no bearer: the token says which webhook it is, and its secret who may send. A webhook takes 10 requests a second, and up to 100 at once after a pause; more are refused with 429.",
  request: { params: z.object({ token: z.string() }) },
  responses: { 202: jsonAnswer("The run that it began, or why it began none", receivedShape), ...refusals },
})

export const mountHooks = (app: App, receiving: Receiving): void => {
  const list = listHooks(receiving)
  const show = showHook(receiving)
  const rotate = rotateHook(receiving)
  const receive = receiveHook(receiving)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param")), 200),
  )
  app.openapi(rotateRoute, async (context) =>
    context.json(await rotate(callerIn(context), context.req.valid("param")), 200),
  )
  app.openapi(receiveRoute, async (context) => {
    const { raw } = context.req
    const received = await receive(context.req.valid("param").token, {
      headers: raw.headers,
      query: new URL(raw.url).searchParams,
      readBody: async () => {
        refuseLarge(Number(raw.headers.get("content-length") ?? 0))
        const body = new Uint8Array(await context.req.arrayBuffer())
        refuseLarge(body.length)
        return body
      },
    })
    return context.json(received, 202)
  })
}

const refuseLarge = (bytes: number): void => {
  if (bytes <= max_body_bytes) return
  throw new Problem("request.too_large", { detail: `At most ${max_body_bytes} bytes are taken here.` })
}
