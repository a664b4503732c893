import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, idText, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { Engine } from "../engine.ts"
import { taskRunShape } from "../run/shape.ts"
import { answerApproval } from "./answer.ts"
import { deliverSignal } from "./deliver.ts"

const signalShape = z
  .strictObject({ data: z.json().optional().openapi({ type: "object", description: "Any JSON." }) })
  .openapi("SignalGiven")

const deliveredShape = z
  .object({
    delivered: z
      .boolean()
      .openapi({ description: "False while it is kept for a task that will wait for it." }),
    tasks: z.array(z.string()).openapi({ description: "Those that took it, or will." }),
  })
  .openapi("SignalDelivered")

const signalRoute = createRoute({
  method: "post",
  path: "/api/v1/runs/{run_id}/signals/{name}",
  operationId: "signalRun",
  summary: "Send a signal to a run",
  security: bearer,
  request: {
    params: z.object({ run_id: idText, name: z.string().min(1).max(100) }),
    body: { ...jsonBody(signalShape), required: false as const },
  },
  responses: { 202: jsonAnswer("What became of it", deliveredShape), ...refusals },
})

const answerShape = z.strictObject({ comment: z.string().max(2_000).optional() }).openapi("ApprovalAnswer")

const answerRoute = (verb: "approve" | "reject") =>
  createRoute({
    method: "post",
    path: `/api/v1/runs/{run_id}/tasks/{task}/${verb}`,
    operationId: `${verb}Task`,
    summary: verb === "approve" ? "Approve what a run waits for" : "Reject what a run waits for",
    security: bearer,
    request: {
      params: z.object({ run_id: idText, task: z.string().min(1).max(200) }),
      body: { ...jsonBody(answerShape), required: false as const },
    },
    responses: { 200: jsonAnswer("The task run", taskRunShape), ...refusals },
  })

/** What people and other systems say to runs that wait for them. */
export const mountWaits = (app: App, engine: Engine): void => {
  const deliver = deliverSignal(engine)
  const answer = answerApproval(engine)
  app.openapi(signalRoute, async (context) => {
    const { data } = signalShape.parse(context.req.valid("json") ?? {})
    const { delivered, tasks } = await deliver(context.get("actor"), { ...context.req.valid("param"), data })
    return context.json({ delivered, tasks: [...tasks] }, 202)
  })
  for (const verb of ["approve", "reject"] as const) {
    app.openapi(answerRoute(verb), async (context) => {
      const { comment = "" } = answerShape.parse(context.req.valid("json") ?? {})
      const given = { ...context.req.valid("param"), approved: verb === "approve", comment }
      return context.json(await answer(callerIn(context), given), 200)
    })
  }
}
