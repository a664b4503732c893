import { z } from "@hono/zod-openapi"
import { timeText } from "#kernel/http/shapes.ts"
import { isClean } from "#language/bounds.ts"
import { durationMs } from "#language/duration.ts"
import { limits } from "#language/limits.ts"
import { payloadFault } from "#language/payload.ts"
import { functionName } from "#language/tasks/machine.ts"
import { duration, jobType, queueName, workerLabels } from "#language/words.ts"

export const bounds = {
  max_slots: 1_000,
  max_names: 1_000,
  max_queues: 100,
  max_held: 1_000,
  max_results: 100,
  max_chunks: 50,
  max_chunk_bytes: 64 * 1024,
  max_chunk_lines: 5_000,
  max_message_chars: 10_000,
  max_wait_ms: 25_000,
} as const

const names = <Name extends z.ZodType>(name: Name) => z.array(name).max(bounds.max_names).default([])

export const openWorkerShape = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(100)
      .refine(isClean, "contains a NUL or half of a surrogate pair")
      .openapi({ description: "How it is listed." }),
    functions: names(functionName).openapi({
      description: "The functions that it has, as `with: {name}` of tasks with `uses: function` names them.",
    }),
    job_types: names(jobType).openapi({ description: "The types of jobs that it takes." }),
    queues: z
      .array(z.union([z.literal("*"), queueName]))
      .min(1)
      .max(bounds.max_queues)
      .default(["*"])
      .openapi({ description: "`*` for all that its token is for, as when left out." }),
    labels: workerLabels.default({}),
    slots: z
      .int()
      .min(1)
      .max(bounds.max_slots)
      .default(10)
      .openapi({ description: "How many tasks it runs at once." }),
  })
  .refine(({ functions, job_types }) => functions.length + job_types.length > 0, {
    path: ["functions"],
    message: "name at least one function, or one of `job_types`",
  })
  .openapi("OpenWorker")

export type OpenWorker = z.infer<typeof openWorkerShape>

export const workerOpenedShape = z
  .object({
    worker_id: z.uuid(),
    lease: z
      .string()
      .openapi({ description: "Who is silent for so long has lost what it holds, and has to open anew." }),
    heartbeat: z.string().openapi({ description: "How often it says that it lives." }),
  })
  .openapi("WorkerOpened")

const token = z
  .string()
  .regex(/^[0-9]{1,18}$/, "is the attempt's token")
  .openapi({ description: "The attempt's token: results under an older one are refused." })

const heldShape = z.object({ task_run_id: z.uuid(), token }).openapi("HeldAttempt")

const longest = z
  .string()
  .refine((text) => (durationMs(text) ?? Number.POSITIVE_INFINITY) <= bounds.max_wait_ms, "is at most 25s")
  .default("25s")

const maxTasks = z.int().min(0).max(bounds.max_slots)

export const claimShape = z
  .strictObject({
    worker_id: z.uuid(),
    max_tasks: maxTasks.min(1).openapi({ description: "How many it has room for." }),
    wait: longest.openapi({ description: "How long to wait for work, at most and usually 25s." }),
  })
  .openapi("ClaimWork")

const attemptShape = z
  .object({
    ...heldShape.shape,
    attempt: z.int().openapi({ description: "Counts from 1 within the task run." }),
    run_id: z.uuid().nullable().openapi({ description: "Null for a job." }),
    workflow: z.string().nullable(),
    version: z.int().nullable(),
    task: z.string().openapi({ description: "The task's name, of an item with its place; a job's type." }),
    kind: z.enum(["function", "job"]),
    name: z.string().openapi({ description: "The function's name, or the job's type." }),
    input: z.unknown().openapi({
      description:
        "The task's `input` with its expressions' values, or the job's payload. Null when there is none.",
    }),
    env: z.record(z.string(), z.string()),
    secrets: z.array(z.string()).openapi({
      description: "The names of those that the task declares; `POST secrets/give` has their values.",
    }),
    timeout: z.string(),
    heartbeat_timeout: z.string().nullable().openapi({
      description: "A function that says nothing of itself for longer is to be ended by its worker.",
    }),
    traceparent: z.string().nullable(),
  })
  .openapi("WorkAttempt")

export type WorkAttempt = z.infer<typeof attemptShape>

export const claimedShape = z.object({ items: z.array(attemptShape) }).openapi("ClaimedWork")

export const heartbeatShape = z
  .strictObject({
    worker_id: z.uuid(),
    held: z
      .array(heldShape)
      .max(bounds.max_held)
      .openapi({ description: "All that it has and that no answered report has settled." }),
    last_token: token.default("0").openapi({
      description: "The highest token of all claims that were answered, with none older under way.",
    }),
    draining: z.boolean().default(false).openapi({ description: "It takes nothing new." }),
  })
  .openapi("WorkerHeartbeat")

export const heartbeatAnswerShape = z
  .object({
    stop: z
      .array(heldShape)
      .openapi({ description: "What it is to stop: cancelled, or given to somebody else." }),
  })
  .openapi("WorkerHeartbeatAnswer")

const outputs = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const fault = payloadFault(value)
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault })
  else if (new TextEncoder().encode(JSON.stringify(value)).length > limits.max_outputs_bytes)
    context.addIssue({
      code: "custom",
      message: `have more than ${limits.max_outputs_bytes} bytes: upload an artifact, and answer its name`,
    })
})

const failure = z.strictObject({
  code: z.string().regex(/^[a-z0-9_.-]{1,100}$/, "is 1 to 100 of a-z, 0-9 and _.-"),
  message: z
    .string()
    .max(bounds.max_message_chars)
    .refine(isClean, "contains a NUL or half of a surrogate pair"),
})

const resultShape = z
  .strictObject({
    ...heldShape.shape,
    outcome: z.enum(["completed", "failed", "released"]).openapi({
      description: "`released`: handed back; it costs none of the task's tries.",
    }),
    outputs: outputs.optional(),
    error: failure.optional(),
    non_retryable: z.boolean().default(false),
    retry_after: duration.optional().openapi({ description: "No sooner than after this." }),
    log_chunks: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .openapi({ description: "How many chunks of its log there are: who reads it waits for all of them." }),
  })
  .refine(({ outcome, error }) => outcome !== "failed" || error !== undefined, {
    path: ["error"],
    message: "say why it failed",
  })
  .openapi("WorkResult")

export type WorkResult = z.infer<typeof resultShape>

export const reportShape = z
  .strictObject({
    worker_id: z.uuid(),
    results: z.array(resultShape).min(1).max(bounds.max_results),
    max_tasks: maxTasks
      .default(0)
      .openapi({ description: "How many it has room for now: the next ones come with the answer." }),
  })
  .openapi("ReportWork")

export const reportedShape = z
  .object({
    items: z.array(
      z.object({
        ...heldShape.shape,
        verdict: z.enum(["accepted", "already", "stale"]).openapi({
          description: "`stale`: the attempt was given to somebody else, and nothing was changed.",
        }),
      }),
    ),
    attempts: z.array(attemptShape),
  })
  .openapi("ReportedWork")

const line = z.strictObject({
  at: timeText,
  stream: z.enum(["stdout", "stderr", "system"]).default("stdout"),
  text: z.string(),
})

const chunkBytes = (lines: readonly { readonly text: string }[]): number =>
  lines.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0)

const chunkShape = z
  .strictObject({
    ...heldShape.shape,
    chunk: z
      .int()
      .min(0)
      .max(1_000_000)
      .openapi({ description: "Counts from 0 within the attempt; one that is there is not stored twice." }),
    first_line: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .openapi({ description: "The number of its first line within the attempt, from 0." }),
    lines: z
      .array(line)
      .min(1)
      .max(bounds.max_chunk_lines)
      .refine((lines) => chunkBytes(lines) <= bounds.max_chunk_bytes, "have more than 64 KiB"),
  })
  .openapi("WorkLogChunk")

export type WorkLogChunk = z.infer<typeof chunkShape>

export const logsShape = z
  .strictObject({ worker_id: z.uuid(), chunks: z.array(chunkShape).min(1).max(bounds.max_chunks) })
  .openapi("ShipWorkLogs")

export const logsStoredShape = z
  .object({
    items: z.array(
      z.object({
        ...heldShape.shape,
        chunk: z.int(),
        verdict: z.enum(["stored", "dropped", "stale"]).openapi({
          description:
            "`dropped`: of a job, which has no log. `stale`: of an attempt that somebody else has.",
        }),
      }),
    ),
  })
  .openapi("WorkLogsStored")
