import { create } from "@bufbuild/protobuf"
import { timestampFromDate } from "@bufbuild/protobuf/wkt"
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect"
import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"
import { callerInWorkspace } from "#kernel/rpc/callers.ts"
import {
  type RunEvent as RunEventMessage,
  RunEventSchema,
  type SchedulerService,
  type TaskRun as TaskRunMessage,
  TaskRunSchema,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Engine } from "../engine.ts"
import { cancelRun } from "./cancel.ts"
import { followRun } from "./follow.ts"
import { listTaskRuns } from "./list-tasks.ts"
import { runMoves } from "./moves.ts"
import { runNotFound } from "./not-found.ts"
import { listOrigins } from "./origins.ts"
import { readStatuses } from "./read.ts"
import type { RunEvent, TaskRun } from "./shape.ts"
import { showRun } from "./show.ts"

const default_page = 100
const max_statuses = 1_000
const max_page = 200

const shape = z.object({
  workspace_id: z.union([z.literal(""), z.uuid()]),
  run_id: z.uuid(),
  limit: z.int().min(0).max(max_page).default(0),
  cursor: z.union([z.literal(""), z.uuid()]).default(""),
  after: z.int().min(0).default(0),
})

type Asked = {
  readonly workspaceId: string
  readonly runId: string
  readonly limit?: number
  readonly cursor?: string
  readonly after?: number
}

/** What is asked of a run, and by whom; another workspace's run is not there. */
const read = ({ workspaceId, runId, ...more }: Asked, context: HandlerContext) => {
  const parsed = shape.safeParse({ workspace_id: workspaceId, run_id: runId, ...more })
  if (!parsed.success) throw invalid(parsed.error)
  const { workspace_id, ...asked } = parsed.data
  const actor = callerInWorkspace(context, workspace_id)
  if (!actor) throw runNotFound(asked.run_id)
  if (actor.workspace_id === "")
    throw new Problem("request.invalid", { detail: "workspace_id: a service names it" })
  return { actor, asked }
}

const invalid = ({ issues }: z.ZodError): Problem => {
  const errors = issues.map(({ path, message }) => ({ path: path.join("."), message }))
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ")
  return new Problem("request.invalid", { errors, detail })
}

const time = (text: string) => timestampFromDate(new Date(text))

const taskRunMessage = (task: TaskRun): TaskRunMessage => {
  const { item, outputs, error, queued_at, started_at, finished_at } = task
  return create(TaskRunSchema, {
    id: task.id,
    runId: task.run_id ?? "",
    task: task.task,
    status: task.status,
    reason: task.reason ?? "",
    attempt: task.attempt,
    maxRetries: task.max_retries,
    workerId: task.worker_id ?? "",
    reusedFrom: task.reused_from ?? "",
    ...(item !== null && { item }),
    ...(outputs !== null && { outputsJson: JSON.stringify(outputs) }),
    ...(error !== null && { error: { code: error.code, message: error.message } }),
    ...(queued_at !== null && { queuedAt: time(queued_at) }),
    ...(started_at !== null && { startedAt: time(started_at) }),
    ...(finished_at !== null && { finishedAt: time(finished_at) }),
  })
}

const eventMessage = (event: RunEvent): RunEventMessage =>
  create(RunEventSchema, {
    seq: event.seq,
    type: event.type,
    runId: event.run_id,
    task: event.task ?? "",
    status: event.status ?? "",
    at: time(event.at),
    dataJson: JSON.stringify(event.data),
  })

/** What users may ask of runs by RPC, too. */
export const runRpc = (
  engine: Engine,
): Pick<
  ServiceImpl<typeof SchedulerService>,
  "getRun" | "listTaskRuns" | "watchRun" | "openRuns" | "listOrigins" | "cancelRun"
> => {
  const show = showRun(engine.database)
  const list = listTaskRuns(engine.database)
  const follow = followRun(engine)
  const cancel = cancelRun(engine)
  const origins = listOrigins(engine.database)
  return {
    async getRun(request, context) {
      const { actor, asked } = read(request, context)
      return { runJson: JSON.stringify(await show(actor, asked.run_id)) }
    },
    async listTaskRuns(request, context) {
      const { actor, asked } = read(request, context)
      const { run_id, cursor } = asked
      const limit = asked.limit === 0 ? default_page : asked.limit
      const page = await list(actor, { run_id, limit, ...(cursor !== "" && { cursor }) })
      return { items: page.items.map(taskRunMessage), nextCursor: page.next_cursor ?? "" }
    },
    async openRuns({ runIds }) {
      const found = await engine.database.run((sql) => readStatuses(sql, runIds.slice(0, max_statuses)))
      const open = found.filter(({ status }) => !runMoves.terminal.includes(status))
      return { known: found.map(({ id }) => id), open: open.map(({ id }) => id) }
    },
    async listOrigins(request, context) {
      const { actor, asked } = read(request, context)
      const found = await origins(actor, asked.run_id)
      return { origins: found.map(({ run_id, tasks }) => ({ runId: run_id, tasks: [...tasks] })) }
    },
    async cancelRun(request, context) {
      const { actor, asked } = read(request, context)
      await cancel(actor, asked.run_id)
      return {}
    },
    async *watchRun(request, context) {
      const { actor, asked } = read(request, context)
      const { signal } = context
      for await (const events of await follow(actor, { ...asked, signal })) {
        for (const event of events) yield { event: eventMessage(event) }
      }
      // An end without a failure says that the run has ended.
      if (signal.aborted) throw new Problem("platform.unavailable", { detail: "The stream was ended early." })
    },
  }
}
