import { z } from "@hono/zod-openapi"
import { taskMoves } from "../task/moves.ts"
import { runMoves } from "./moves.ts"

const values = z.record(z.string(), z.unknown())
const time = z.iso.datetime().nullable()

export const taskRunShape = z
  .object({
    id: z.uuid(),
    run_id: z.uuid().nullable(),
    task: z.string(),
    type: z.string(),
    item: z.int().nullable(),
    status: z.enum(taskMoves.states as [string, ...string[]]),
    reason: z.string().nullable().openapi({
      description:
        "Why it has this status. `no_worker` of a queued one: no worker that lives has its function, labels and queue.",
    }),
    attempt: z.int(),
    max_retries: z.int(),
    worker_id: z.string().nullable(),
    outputs: values.nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    wait: values.nullable().openapi({
      description:
        "What a task that no worker runs waits for, until when, and what people have decided so far.",
    }),
    /** The task run of an earlier run whose result this one took over. */
    reused_from: z.uuid().nullable(),
    queued_at: time,
    started_at: time,
    finished_at: time,
  })
  .openapi("TaskRun")

export const runShape = z
  .object({
    id: z.uuid(),
    workflow: z.string(),
    version: z.int(),
    status: z.enum(runMoves.states as [string, ...string[]]),
    reason: z.string().nullable(),
    inputs: values,
    outputs: values.nullable(),
    trigger: z.string(),
    rerun_of: z.uuid().nullable(),
    parent: z
      .object({ run_id: z.uuid(), task_run_id: z.uuid(), task: z.string() })
      .nullable()
      .openapi({ description: "The task of another run that began this one." }),
    created_at: z.iso.datetime(),
    started_at: time,
    finished_at: time,
    tasks: z.array(taskRunShape).optional(),
  })
  .openapi("Run")

export const runEventShape = z
  .object({
    seq: z.int(),
    type: z.string(),
    run_id: z.uuid(),
    task: z.string().nullable(),
    status: z.string().nullable(),
    at: z.iso.datetime(),
    data: values,
  })
  .openapi("RunEvent")

export type TaskRun = z.infer<typeof taskRunShape>
export type Run = z.infer<typeof runShape>
export type RunEvent = z.infer<typeof runEventShape>
