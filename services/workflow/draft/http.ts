import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bearer, idText, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { Starting } from "../run/starter.ts"
import { addDependency } from "./add-dependency.ts"
import { addTask } from "./add-task.ts"
import { createDraft } from "./create.ts"
import {
  addTaskShape,
  createDraftShape,
  dependencyShape,
  draftShape,
  draftTaskShape,
  startedDraftShape,
} from "./shape.ts"
import { showDraft } from "./show.ts"
import { startDraft } from "./start.ts"

/** The step-by-step form, at the paths where clients of an earlier system look for it. */
const draftPath = z.object({ workflow_id: idText })

const createDraftRoute = createRoute({
  method: "post",
  path: "/api/workflows",
  operationId: "createDraft",
  summary: "Create a draft of a workflow",
  security: bearer,
  request: { body: jsonBody(createDraftShape) },
  responses: { 201: jsonAnswer("A workflow without tasks", draftShape), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/workflows/{workflow_id}",
  operationId: "getDraft",
  summary: "Show a draft and its run",
  security: bearer,
  request: { params: draftPath },
  responses: { 200: jsonAnswer("The workflow with its tasks", draftShape), ...refusals },
})

const taskRoute = createRoute({
  method: "post",
  path: "/api/tasks",
  operationId: "addDraftTask",
  summary: "Add a task to a draft",
  security: bearer,
  request: { body: jsonBody(addTaskShape) },
  responses: { 201: jsonAnswer("The task", draftTaskShape), ...refusals },
})

const dependencyRoute = createRoute({
  method: "post",
  path: "/api/dependencies",
  operationId: "addDraftDependency",
  summary: "Make one draft task wait for another",
  security: bearer,
  request: { body: jsonBody(dependencyShape) },
  responses: { 201: jsonAnswer("The dependency", dependencyShape), ...refusals },
})

const startRoute = createRoute({
  method: "post",
  path: "/api/workflows/{workflow_id}/start",
  operationId: "startDraft",
  summary: "Start a draft",
  security: bearer,
  request: { params: draftPath },
  responses: { 202: jsonAnswer("Its run; the same one each time", startedDraftShape), ...refusals },
})

export const mountDrafts = (app: App, starting: Starting): void => {
  const makeDraft = createDraft(starting)
  const show = showDraft(starting)
  const task = addTask(starting)
  const dependency = addDependency(starting.database)
  const start = startDraft(starting)
  app.openapi(createDraftRoute, async (context) =>
    context.json(await makeDraft(context.get("actor"), context.req.valid("json")), 201),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").workflow_id), 200),
  )
  app.openapi(taskRoute, async (context) =>
    context.json(await task(context.get("actor"), context.req.valid("json")), 201),
  )
  app.openapi(dependencyRoute, async (context) =>
    context.json(await dependency(context.get("actor"), context.req.valid("json")), 201),
  )
  app.openapi(startRoute, async (context) =>
    context.json(await start(context.get("actor"), context.req.valid("param").workflow_id), 202),
  )
}
