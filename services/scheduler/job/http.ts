import { createRoute, z } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { bodyOf } from "#kernel/http/body.ts"
import { keyHeader, keyOf } from "#kernel/http/idempotency-key.ts"
import { invalidRequest } from "#kernel/http/invalid.ts"
import { postLean } from "#kernel/http/lean.ts"
import {
  bearer,
  idText,
  jsonAnswer,
  jsonBody,
  page,
  pageQuery,
  problemShape,
  refusals,
} from "#kernel/http/shapes.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { isTooLarge, max_payload_bytes } from "#language/payload.ts"
import { jobType, queueName } from "#language/words.ts"
import type { Engine } from "../engine.ts"
import { cancelJob } from "./cancel.ts"
import { createJobs, type Wanted } from "./create.ts"
import { listJobs } from "./list.ts"
import { type JobStatus, jobMoves } from "./moves.ts"
import { createJobShape, createJobsShape, jobListShape, jobShape } from "./shape.ts"
import { showJob } from "./show.ts"

const jobPath = z.object({ job_id: idText })

const createOneRoute = createRoute({
  method: "post",
  path: "/api/v1/jobs",
  operationId: "createJob",
  summary: "Create a job",
  security: bearer,
  request: { headers: keyHeader, body: jsonBody(createJobShape) },
  responses: { 201: jsonAnswer("The job, or the one that its key made before", jobShape), ...refusals },
})

const createManyRoute = createRoute({
  method: "post",
  path: "/api/v1/jobs/batch",
  operationId: "createJobs",
  summary: "Create up to 1,000 jobs",
  security: bearer,
  request: { headers: keyHeader, body: jsonBody(createJobsShape.openapi("CreateJobs")) },
  responses: {
    201: jsonAnswer(
      "An answer for each, in their order; one that is refused harms no other",
      z.object({ items: z.array(z.object({ job: jobShape.optional(), problem: problemShape.optional() })) }),
    ),
    ...refusals,
  },
})

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/jobs",
  operationId: "listJobs",
  summary: "List jobs",
  security: bearer,
  request: {
    query: pageQuery.extend({
      status: z.enum(jobMoves.states as [JobStatus, ...JobStatus[]]).optional(),
      type: jobType.optional(),
      queue: queueName.optional(),
      cursor: idText.optional(),
    }),
  },
  responses: {
    200: jsonAnswer(
      "Jobs, newest first. A page may have fewer than asked for and still go on: `next_cursor` says so",
      page(jobShape),
    ),
    ...refusals,
  },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/jobs/{job_id}",
  operationId: "getJob",
  summary: "Show a job",
  security: bearer,
  request: { params: jobPath },
  responses: { 200: jsonAnswer("The job", jobShape), ...refusals },
})

const cancelRoute = createRoute({
  method: "post",
  path: "/api/v1/jobs/{job_id}/cancel",
  operationId: "cancelJob",
  summary: "Cancel a job",
  security: bearer,
  request: { params: jobPath },
  responses: { 202: jsonAnswer("The job, cancelled or being stopped", jobShape), ...refusals },
})

const wantedOf = (value: unknown, header_key: string | undefined): Wanted | Problem => {
  const { success, data, error } = createJobShape.safeParse(value)
  return success ? { job: data, header_key } : invalidRequest(error)
}

/** The path that has to be fast: its request is looked at once, by hand; the document is the same. */
const mountCreation = (app: App, engine: Engine): void => {
  const create = createJobs(engine)
  app.openAPIRegistry.registerPath(createOneRoute)
  postLean(app, createOneRoute.path, async ({ request, actor }) => {
    const { value, text } = await bodyOf(request)
    if (isTooLarge(text)) {
      throw new Problem("request.too_large", { detail: `A job has at most ${max_payload_bytes} bytes.` })
    }
    const wanted = wantedOf(value, keyOf(request))
    if (wanted instanceof Problem) throw wanted
    return { status: 201, text: await create.one(actor, wanted) }
  })
  app.openAPIRegistry.registerPath(createManyRoute)
  postLean(app, createManyRoute.path, async ({ request, actor }) => {
    const { value } = await bodyOf(request)
    const { success, data, error } = jobListShape.safeParse(value)
    if (!success) throw invalidRequest(error)
    const key = keyOf(request)
    const wanted = data.jobs.map((job, index) => wantedOf(job, key && `${key}/${index}`))
    return { status: 201, text: await create.many(actor, wanted) }
  })
}

export const mountJobs = (app: App, engine: Engine): void => {
  const list = listJobs(engine.database)
  const show = showJob(engine.database)
  const cancel = cancelJob(engine)
  mountCreation(app, engine)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param").job_id), 200),
  )
  app.openapi(cancelRoute, async (context) =>
    context.json(await cancel(context.get("actor"), context.req.valid("param").job_id), 202),
  )
}
