import { createRoute, z } from "@hono/zod-openapi"
import { callerIn, callerOf } from "#kernel/audit/caller.ts"
import type { Actor } from "#kernel/auth/actor.ts"
import type { App } from "#kernel/http/app.ts"
import { bodyOf } from "#kernel/http/body.ts"
import { keyHeader, keyOf } from "#kernel/http/idempotency-key.ts"
import { invalidRequest } from "#kernel/http/invalid.ts"
import { postLean, type Said } from "#kernel/http/lean.ts"
import { bearer, idText, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { sentFilesShape } from "../bundle/shape.ts"
import { verdictShape, writtenOf, writtenShape } from "../definition/shape.ts"
import { validateWorkflow } from "../definition/validate.ts"
import type { Starting } from "../run/starter.ts"
import { plainSequence } from "../sequence/plain.ts"
import { type StartSequence, sequenceShape, startSequenceShape } from "../sequence/shape.ts"
import { showSequence } from "../sequence/show.ts"
import { startSequence } from "../sequence/start.ts"
import { versionShape } from "../version/shape.ts"
import { archiveWorkflow, restoreWorkflow } from "./archive.ts"
import { listWorkflows } from "./list.ts"
import { type Pushing, pushWorkflow } from "./push.ts"
import { nameText, workflowShape } from "./shape.ts"
import { showWorkflow } from "./show.ts"

/** `name` and `steps` are those of a sequence, which clients of earlier systems send to the same path. */
const pushShape = z
  .strictObject({
    ...writtenShape.shape,
    files: sentFilesShape.optional(),
    ...startSequenceShape.partial().shape,
  })
  .openapi("PushWorkflow", {
    description:
      "`source` or `definition` makes a version, with its `files` if it names some; `name` with `steps` starts that sequence.",
  })

const pushRoute = createRoute({
  method: "post",
  path: "/api/v1/workflows",
  operationId: "pushWorkflow",
  summary: "Push a workflow, or start a sequence of steps",
  security: bearer,
  request: { headers: keyHeader, body: jsonBody(pushShape) },
  responses: {
    200: jsonAnswer("The latest version, which says the same already", versionShape),
    201: jsonAnswer("The version made, or the sequence started", z.union([versionShape, sequenceShape])),
    ...refusals,
  },
})

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows",
  operationId: "listWorkflows",
  summary: "List workflows",
  security: bearer,
  request: {
    query: pageQuery.extend({
      cursor: nameText.optional(),
      archived: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "Only those that are archived." }),
    }),
  },
  responses: { 200: jsonAnswer("Workflows by name", page(workflowShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows/{name}",
  operationId: "getWorkflow",
  summary: "Show a workflow",
  security: bearer,
  request: { params: z.object({ name: nameText }) },
  responses: {
    200: jsonAnswer(
      "The workflow with its latest definition; by the id of a sequence, that with its steps",
      z.union([workflowShape, sequenceShape]),
    ),
    ...refusals,
  },
})

const turnRoute = (turn: "archive" | "restore") =>
  createRoute({
    method: "post",
    path: `/api/v1/workflows/{name}/${turn}`,
    operationId: `${turn}Workflow`,
    summary: turn === "archive" ? "Archive a workflow" : "Restore an archived workflow",
    security: bearer,
    request: { params: z.object({ name: nameText }) },
    responses: { 200: jsonAnswer("The workflow", workflowShape), ...refusals },
  })

const validateRoute = createRoute({
  method: "post",
  path: "/api/v1/workflows/validate",
  operationId: "validateWorkflow",
  summary: "Check a workflow without pushing it",
  security: bearer,
  request: { body: jsonBody(writtenShape) },
  responses: {
    200: jsonAnswer("Whether it is valid, and all that is wrong with it", verdictShape),
    ...refusals,
  },
})

type Asked = z.infer<typeof pushShape>

/** Undefined where the body is a definition. */
const sequenceOf = ({ source, file, definition, files, ...given }: Asked): StartSequence | undefined => {
  const { name, steps } = given
  if (name === undefined && steps === undefined && given.idempotency_key === undefined) return undefined
  const written = source ?? file ?? definition ?? files
  if (name !== undefined && steps !== undefined && written === undefined) return { ...given, name, steps }
  const detail = "Send either `source` or `definition`, or `name` with `steps`."
  throw new Problem("request.invalid", { detail })
}

const isId = (text: string): boolean => idText.safeParse(text).success

/** Starts of sequences have to be fast: so the request is looked at by hand; the document is the same. */
const mountPush = (app: App, pushing: Pushing & Starting): void => {
  const push = pushWorkflow(pushing)
  const start = startSequence(pushing)
  const startWith = async (request: Request, actor: Actor, sequence: StartSequence): Promise<Said> => {
    const idempotency_key = sequence.idempotency_key ?? keyOf(request)
    return { status: 201, text: JSON.stringify(await start(actor, { ...sequence, idempotency_key })) }
  }
  app.openAPIRegistry.registerPath(pushRoute)
  postLean(app, pushRoute.path, async ({ request, actor }) => {
    const { value } = await bodyOf(request)
    const plain = plainSequence(value)
    if (plain) return startWith(request, actor, plain)
    const { success, data, error } = pushShape.safeParse(value)
    if (!success) throw invalidRequest(error)
    const sequence = sequenceOf(data)
    if (sequence) return startWith(request, actor, sequence)
    const version = await push(callerOf(request, actor), writtenOf(data), data.files)
    return { status: version.created ? 201 : 200, text: JSON.stringify(version) }
  })
}

export const mountWorkflows = (app: App, pushing: Pushing & Starting): void => {
  const list = listWorkflows(pushing.database)
  const show = showWorkflow(pushing.database)
  const showSteps = showSequence(pushing.scheduler)
  mountPush(app, pushing)
  app.openapi(listRoute, async (context) => {
    const { archived, ...page } = context.req.valid("query")
    return context.json(await list(context.get("actor"), { ...page, archived: archived === "true" }), 200)
  })
  for (const [turn, change] of [
    ["archive", archiveWorkflow(pushing.database)],
    ["restore", restoreWorkflow(pushing.database)],
  ] as const) {
    app.openapi(turnRoute(turn), async (context) =>
      context.json(await change(callerIn(context), context.req.valid("param").name), 200),
    )
  }
  app.openapi(showRoute, async (context) => {
    const { name } = context.req.valid("param")
    // No workflow's name looks like an id.
    const shown = isId(name) ? showSteps : show
    return context.json(await shown(context.get("actor"), name), 200)
  })
  app.openapi(validateRoute, (context) =>
    context.json(validateWorkflow(context.get("actor"), writtenOf(context.req.valid("json"))), 200),
  )
}
