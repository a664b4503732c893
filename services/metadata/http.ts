import { createRoute, z } from "@hono/zod-openapi"
import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { readerOf } from "#kernel/http/reader.ts"
import { retentionShape, setRetentionShape } from "#kernel/http/retention.ts"
import { bearer, idText, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import type { Archive } from "./archive.ts"
import { executionStatuses } from "./execution/execution.ts"
import { executionShape, listExecutions } from "./execution/list.ts"
import { executionStats, statsShape } from "./execution/stats.ts"
import { streamed } from "./log/body.ts"
import { max_cursor_length } from "./log/cursor.ts"
import { levels } from "./log/level.ts"
import { logLineShape } from "./log/line.ts"
import { readLogPage, streamLogs } from "./log/read.ts"
import { searchLogs } from "./log/search.ts"
import { setRetention, showRetention } from "./retention/setting.ts"

const max_tail = 10_000
const max_grep_length = 200
const max_output_length = 400

const grep_description =
  "A regular expression (RE2) that a line matches, in its first 8,192 characters; or plain text anywhere in it, where " +
  "nothing of it is one of \\^$.*+?()[]{}| without a backslash before it."

const grepQuery = z.string().max(max_grep_length).optional().openapi({ description: grep_description })

const logsRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}/logs",
  operationId: "readLogs",
  summary: "Read or follow the logs of a run",
  security: bearer,
  description:
    "A page of lines as JSON, or all of them as a stream when `Accept` names one or `follow` is true. A stream " +
    "that follows begins before the first line exists and ends when the run has ended and all its lines are " +
    "given; lines that never came are stated by a `system` line. It goes on behind any line's `cursor`, with the " +
    "same `task` and `attempt`. A blank line (NDJSON) or a comment (SSE) is a sign of life.",
  request: {
    params: z.object({ run_id: idText }),
    headers: z.object({ "last-event-id": z.string().max(max_cursor_length).optional() }),
    query: z.object({
      task: z.string().max(200).optional().openapi({
        description: "A task, with all its items; or one item of it, as `shard[0]`.",
      }),
      attempt: z.coerce.number().int().min(0).optional(),
      tail: z.coerce.number().int().min(1).max(max_tail).optional().openapi({
        description: "Of what is there only the last lines; a page has at most `limit` of them.",
      }),
      since: z.string().max(50).optional().openapi({ description: "A duration such as 10m, or a time." }),
      level: z.enum(levels).optional().openapi({ description: "Lines that are at least this urgent." }),
      grep: grepQuery,
      follow: z.stringbool().default(false),
      cursor: z.string().max(max_cursor_length).optional(),
      limit: pageQuery.shape.limit,
    }),
  },
  responses: {
    200: {
      description: "Lines: each once, in order within their attempt",
      content: {
        "application/json": { schema: page(logLineShape) },
        "application/x-ndjson": { schema: logLineShape },
        "text/event-stream": { schema: logLineShape },
      },
    },
    ...refusals,
  },
})

const searchRoute = createRoute({
  method: "get",
  path: "/api/v1/logs/search",
  operationId: "searchLogs",
  summary: "Search the logs of all runs",
  security: bearer,
  description:
    "Lines of all runs of the workspace, the latest first by when they came here. A page that has found little for 5 s is " +
    "answered with where it has come to, so it may be empty though `next_cursor` leads on. Leaving ends the search.",
  request: {
    query: z.object({
      grep: grepQuery,
      level: z.enum(levels).optional(),
      workflow: z.string().max(200).optional(),
      task: z.string().max(200).optional(),
      since: z
        .string()
        .max(50)
        .optional()
        .openapi({ description: "A duration such as 10m, or a time; the usual is 24h." }),
      until: z.string().max(50).optional(),
      cursor: z.string().max(512).optional(),
      limit: pageQuery.shape.limit,
    }),
  },
  responses: { 200: jsonAnswer("Lines that match", page(logLineShape)), ...refusals },
})

const moment = (description: string) => z.string().max(50).optional().openapi({ description })

const executionsRoute = createRoute({
  method: "get",
  path: "/api/v1/executions",
  operationId: "listExecutions",
  summary: "Search attempts of tasks and jobs",
  security: bearer,
  request: {
    query: pageQuery.extend({
      run_id: idText.optional().openapi({ description: "Of a run, or of a stand-alone job." }),
      workflow: z.string().max(200).optional(),
      task: z.string().max(200).optional().openapi({
        description: "A task, with all its items; or one item of it, as `shard[0]`.",
      }),
      type: z.string().max(200).optional(),
      worker_id: z.string().max(200).optional(),
      status: z.enum(executionStatuses).optional(),
      since: moment(
        "Not before: a duration such as 10m, or a time; of when it ended or, while it goes on, began.",
      ),
      until: moment("Before: a duration such as 10m, or a time."),
      min_duration: z.string().max(50).optional(),
      max_duration: z.string().max(50).optional(),
      error: z.string().max(max_grep_length).optional().openapi({
        description: "Words that its error's code and message have all, in any order, whole and in any case.",
      }),
      input: z.string().max(max_output_length).optional().openapi({
        description:
          "An input of its run and its value, as `customer=4711`; of the first 16 single values. In the order of runs.",
      }),
      output: z.string().max(max_output_length).optional().openapi({
        description:
          "An output and its value, as `rows=5` or `report.status=late`; of the first 16 single values.",
      }),
    }),
  },
  responses: {
    200: jsonAnswer("Attempts of tasks and jobs, the latest first", page(executionShape)),
    ...refusals,
  },
})

/** Which stream is asked for. Following needs one: without a word about it, lines of JSON. */
const formOf = (accept: string, follow: boolean): "sse" | "ndjson" | undefined => {
  if (accept.includes("text/event-stream")) return "sse"
  return follow || accept.includes("application/x-ndjson") ? "ndjson" : undefined
}

const statsRoute = createRoute({
  method: "get",
  path: "/api/v1/executions/stats",
  operationId: "executionStats",
  summary: "Count attempts over time",
  security: bearer,
  description:
    "How many attempts ended how, and percentiles of how long they took, which are at most 10 % off: by workflow or task and by " +
    "stretches of time in which something ended. Stretches begin at whole multiples of `every`, in UTC.",
  request: {
    query: z.object({
      by: z.enum(["workflow", "task"]).default("workflow"),
      workflow: z.string().max(200).optional(),
      task: z.string().max(200).optional(),
      since: moment("A duration such as 7d, which is the usual, or a time."),
      until: moment("A duration such as 1d, or a time."),
      every: z
        .string()
        .max(50)
        .optional()
        .openapi({ description: "How long a stretch is; 1d is the usual." }),
    }),
  },
  responses: { 200: jsonAnswer("Counts, by time", z.object({ items: z.array(statsShape) })), ...refusals },
})

const retentionRoute = createRoute({
  method: "get",
  path: "/api/v1/logs/retention",
  operationId: "showRetention",
  summary: "Show how long logs and history are kept",
  security: bearer,
  responses: { 200: jsonAnswer("How long logs and attempts are kept", retentionShape), ...refusals },
})

const setRetentionRoute = createRoute({
  method: "put",
  path: "/api/v1/logs/retention",
  operationId: "setRetention",
  summary: "Set how long logs and history are kept",
  security: bearer,
  description:
    "For this workspace, and no longer than the platform keeps them. What is older is removed soon.",
  request: { body: jsonBody(setRetentionShape) },
  responses: { 200: jsonAnswer("As it is from now on", retentionShape), ...refusals },
})

export const metadataHttp = (archive: Archive, doors: Doors): App => {
  const app = createApp(doors)
  const list = listExecutions(archive)
  const readPage = readLogPage(archive)
  const stream = streamLogs(archive)

  app.openapi(logsRoute, async (context) => {
    const { follow, limit, ...query } = context.req.valid("query")
    const last_seen = context.req.valid("header")["last-event-id"]
    const given = { ...query, ...context.req.valid("param"), cursor: last_seen || query.cursor }
    const form = formOf(context.req.header("accept") ?? "", follow)
    const actor = context.get("actor")
    if (form === undefined) return context.json(await readPage(actor, { ...given, limit }), 200)
    const reader = readerOf(context)
    const lines = await stream(actor, { ...given, follow, signal: reader.signal })
    return streamed(form, lines, reader)
  })
  app.openapi(executionsRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  const stats = executionStats(archive)
  app.openapi(statsRoute, async (context) =>
    context.json(await stats(context.get("actor"), context.req.valid("query")), 200),
  )
  const search = searchLogs(archive)
  app.openapi(searchRoute, async (context) => {
    const wanted = { ...context.req.valid("query"), signal: context.req.raw.signal }
    return context.json(await search(context.get("actor"), wanted), 200)
  })
  const retention = { show: showRetention(archive), set: setRetention(archive) }
  app.openapi(retentionRoute, async (context) =>
    context.json(await retention.show(context.get("actor")), 200),
  )
  app.openapi(setRetentionRoute, async (context) =>
    context.json(await retention.set(context.get("actor"), context.req.valid("json")), 200),
  )
  return app
}
