import { createRoute } from "@hono/zod-openapi"
import type { Context } from "hono"
import { callerIn, originOf } from "#kernel/audit/caller.ts"
import type { App, AppEnvironment } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { grantShape } from "../session/shape.ts"
import { decideDevice } from "./decide.ts"
import { mountDevicePage } from "./page.ts"
import { redeemDevice } from "./redeem.ts"
import { requestDevice } from "./request.ts"
import { deviceCodeShape, deviceDecisionShape, deviceTokenShape } from "./shape.ts"

const root = "/api/v1/auth/device"
const code_path = `${root}/code` as const
const token_path = `${root}/token` as const

export const open_device_paths = [code_path, token_path]

const codeRoute = createRoute({
  method: "post",
  path: code_path,
  operationId: "requestDeviceCode",
  summary: "Begin to sign in a device without a browser",
  responses: { 200: jsonAnswer("A code for the device, and one for its user", deviceCodeShape), ...refusals },
})

const tokenRoute = createRoute({
  method: "post",
  path: token_path,
  operationId: "redeemDeviceCode",
  summary: "Ask whether a device was approved, for its tokens",
  request: { body: jsonBody(deviceTokenShape) },
  responses: {
    200: jsonAnswer("Tokens of a new session, once its user has agreed", grantShape),
    ...refusals,
  },
})

const approveRoute = createRoute({
  method: "post",
  path: `${root}/approve`,
  operationId: "decideDevice",
  summary: "Approve or refuse a device that asks to sign in",
  security: bearer,
  request: { body: jsonBody(deviceDecisionShape) },
  responses: { 204: { description: "The device is told so" }, ...refusals },
})

/** What the settings say; without them, where the device itself has come. */
const publicUrl = ({ public_url }: Iam, context: Context<AppEnvironment>): string =>
  public_url ?? new URL(context.req.url).origin

export const mountDevice = (app: App, iam: Iam): void => {
  const request = requestDevice(iam)
  const redeem = redeemDevice(iam)
  const decide = decideDevice(iam)
  app.openapi(codeRoute, async (context) =>
    context.json(await request(originOf(context), publicUrl(iam, context)), 200),
  )
  app.openapi(tokenRoute, async (context) =>
    context.json(await redeem(context.req.valid("json").device_code, originOf(context)), 200),
  )
  app.openapi(approveRoute, async (context) => {
    await decide(callerIn(context), context.req.valid("json"))
    return context.body(null, 204)
  })
  mountDevicePage(app, iam)
}
