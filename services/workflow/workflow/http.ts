import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { verdictShape, writtenOf, writtenShape } from "../definition/shape.ts"
import { validateWorkflow } from "../definition/validate.ts"
import { versionShape } from "../version/shape.ts"
import { listWorkflows } from "./list.ts"
import { type Pushing, pushWorkflow } from "./push.ts"
import { nameText, workflowShape } from "./shape.ts"
import { showWorkflow } from "./show.ts"

/** `name` and `steps` are those of the sequence form, which clients of earlier systems send to the same path. */
const pushShape = z
  .strictObject({ ...writtenShape.shape, name: z.unknown().optional(), steps: z.unknown().optional() })
  .openapi("PushWorkflow")

const pushRoute = createRoute({
  method: "post",
  path: "/api/v1/workflows",
  operationId: "pushWorkflow",
  security: bearer,
  request: { body: jsonBody(pushShape) },
  responses: {
    200: jsonAnswer("The latest version, which says the same already", versionShape),
    201: jsonAnswer("The version made", versionShape),
    ...refusals,
  },
})

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows",
  operationId: "listWorkflows",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: nameText.optional() }) },
  responses: { 200: jsonAnswer("Workflows by name", page(workflowShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows/{name}",
  operationId: "getWorkflow",
  security: bearer,
  request: { params: z.object({ name: nameText }) },
  responses: { 200: jsonAnswer("The workflow with its latest definition", workflowShape), ...refusals },
})

const validateRoute = createRoute({
  method: "post",
  path: "/api/v1/workflows/validate",
  operationId: "validateWorkflow",
  security: bearer,
  request: { body: jsonBody(writtenShape) },
  responses: {
    200: jsonAnswer("Whether it is valid, and all that is wrong with it", verdictShape),
    ...refusals,
  },
})

export const mountWorkflows = (app: App, pushing: Pushing): void => {
  const push = pushWorkflow(pushing)
  const list = listWorkflows(pushing.database)
  const show = showWorkflow(pushing.database)
  app.openapi(pushRoute, async (context) => {
    const { name, steps, ...written } = context.req.valid("json")
    if (name !== undefined || steps !== undefined) {
      const detail =
        "Sequences by `name` and `steps` are not available in this version; send `source` or `definition`."
      throw new Problem("request.invalid", { detail })
    }
    const version = await push(context.get("actor"), writtenOf(written))
    return version.created ? context.json(version, 201) : context.json(version, 200)
  })
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").name), 200),
  )
  app.openapi(validateRoute, (context) =>
    context.json(validateWorkflow(context.get("actor"), writtenOf(context.req.valid("json"))), 200),
  )
}
