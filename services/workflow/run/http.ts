import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bodyOf } from "#kernel/http/body.ts"
import { keyHeader, keyOf, keyText } from "#kernel/http/idempotency-key.ts"
import { invalidRequest } from "#kernel/http/invalid.ts"
import { json_type, postLean } from "#kernel/http/lean.ts"
import { bearer, idText, jsonBody, refusals } from "#kernel/http/shapes.ts"
import { nameText } from "../workflow/shape.ts"
import { startRun } from "./start.ts"
import type { Starting } from "./starter.ts"

const max_version = 2 ** 31 - 1

const startShape = z.strictObject({
  version: z.int().min(1).max(max_version).optional().openapi({ description: "The latest, if left out." }),
  inputs: z.record(z.string(), z.unknown()).optional(),
  idempotency_key: keyText.optional().openapi({ description: "Wins over the header." }),
  rerun: z
    .strictObject({
      of: idText,
      mode: z.enum(["all", "failed", "from"]).default("all"),
      task: z.string().max(200).optional(),
    })
    .optional()
    .openapi({
      description:
        "Repeats an earlier run with this version: its inputs where these say nothing, and its results.",
    }),
})

/** The run's shape is the scheduler's, which declares it. */
const runAnswer = {
  description: "The run, which has been started",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Run" } } },
} as const

const startRoute = createRoute({
  method: "post",
  path: "/api/v1/workflows/{name}/start",
  operationId: "startWorkflow",
  summary: "Start a workflow",
  security: bearer,
  request: {
    params: z.object({ name: nameText }),
    headers: keyHeader,
    body: { ...jsonBody(startShape.openapi("Start")), required: false as const },
  },
  responses: { 201: runAnswer, ...refusals },
})

const runShape = startShape.extend({ workflow: nameText })

const runRoute = createRoute({
  method: "post",
  path: "/api/v1/runs",
  operationId: "startRun",
  summary: "Start a run",
  security: bearer,
  request: {
    headers: keyHeader,
    body: jsonBody(runShape.openapi("StartRun")),
  },
  responses: { 201: runAnswer, ...refusals },
})

export const mountRuns = (app: App, starting: Starting): void => {
  const start = startRun(starting)
  app.openapi(startRoute, async (context) => {
    const { name: workflow } = context.req.valid("param")
    const idempotency_key = context.req.valid("header")["idempotency-key"]
    const wanted = { idempotency_key, ...context.req.valid("json"), workflow }
    const text = await start(context.get("actor"), wanted)
    return context.body(text, 201, { "content-type": json_type }) as never
  })
  app.openAPIRegistry.registerPath(runRoute)
  postLean(app, runRoute.path, async ({ request, actor }) => {
    const { value } = await bodyOf(request)
    const { success, data, error } = runShape.safeParse(value)
    if (!success) throw invalidRequest(error)
    return { status: 201, text: await start(actor, { idempotency_key: keyOf(request), ...data }) }
  })
}
