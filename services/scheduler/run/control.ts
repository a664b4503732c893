import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, refusals, timeText } from "#kernel/http/shapes.ts"
import type { Engine } from "../engine.ts"
import { cancelRun } from "./cancel.ts"
import { pauseRun, resumeRun } from "./pause.ts"
import { rerunRun, rerunRuns } from "./rerun.ts"
import { runShape } from "./shape.ts"

const runPath = z.object({ run_id: z.uuid() })

const cancelRoute = createRoute({
  method: "post",
  path: "/api/v1/runs/{run_id}/cancel",
  operationId: "cancelRun",
  summary: "Cancel a run",
  security: bearer,
  request: { params: runPath },
  responses: { 202: jsonAnswer("The run, which is being stopped", runShape), ...refusals },
})

const turnRoute = (turn: "pause" | "resume") =>
  createRoute({
    method: "post",
    path: `/api/v1/runs/{run_id}/${turn}`,
    operationId: `${turn}Run`,
    summary: turn === "pause" ? "Pause a run" : "Resume a run",
    security: bearer,
    request: { params: runPath },
    responses: { 202: jsonAnswer("The run", runShape), ...refusals },
  })

const rerunShape = z
  .strictObject({
    mode: z.enum(["all", "failed", "from"]).default("all"),
    task: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .openapi({ description: "The task to begin with, for `from`." }),
    inputs: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: "Those of the earlier run where these say nothing." }),
  })
  .refine(({ mode, task }) => (mode === "from") === (task !== undefined), {
    path: ["task"],
    message: "goes with `mode: from`, and must be given there",
  })
  .openapi("Rerun")

const rerunRoute = createRoute({
  method: "post",
  path: "/api/v1/runs/{run_id}/rerun",
  operationId: "rerunRun",
  summary: "Rerun a run",
  security: bearer,
  request: { params: runPath, body: { ...jsonBody(rerunShape), required: false as const } },
  responses: { 201: jsonAnswer("The new run", runShape), ...refusals },
})

const bulkShape = z
  .strictObject({
    status: z.enum(["completed", "failed", "cancelled"]).default("failed"),
    workflow: z.string().min(1).max(200).optional(),
    since: timeText.optional().openapi({ description: "Created then or later." }),
    until: timeText.optional().openapi({ description: "Created before then." }),
    mode: z.enum(["all", "failed"]).default("all"),
    limit: z.int().min(1).max(100).optional(),
  })
  .openapi("RerunMany")

const startedShape = z.object({ started: z.array(z.uuid()), more: z.boolean() }).openapi("RerunStarted")

const bulkRoute = createRoute({
  method: "post",
  path: "/api/v1/runs/rerun",
  operationId: "rerunRuns",
  summary: "Rerun runs by filter",
  security: bearer,
  request: { body: jsonBody(bulkShape) },
  responses: {
    201: jsonAnswer("The new runs, and whether there are more to ask for", startedShape),
    ...refusals,
  },
})

/** What changes the course of runs. */
export const mountControl = (app: App, engine: Engine): void => {
  const cancel = cancelRun(engine)
  const turns = { pause: pauseRun(engine), resume: resumeRun(engine) }
  const rerun = rerunRun(engine)
  const rerunMany = rerunRuns(engine)
  app.openapi(cancelRoute, async (context) =>
    context.json(await cancel(callerIn(context), context.req.valid("param").run_id), 202),
  )
  for (const turn of ["pause", "resume"] as const) {
    app.openapi(turnRoute(turn), async (context) =>
      context.json(await turns[turn](callerIn(context), context.req.valid("param").run_id), 202),
    )
  }
  app.openapi(rerunRoute, async (context) => {
    const { run_id } = context.req.valid("param")
    const wanted = rerunShape.parse(context.req.valid("json") ?? {})
    return context.json(await rerun(callerIn(context), run_id, wanted), 201)
  })
  app.openapi(bulkRoute, async (context) =>
    context.json(await rerunMany(callerIn(context), context.req.valid("json")), 201),
  )
}
