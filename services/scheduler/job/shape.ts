import { z } from "@hono/zod-openapi"
import { keyText } from "#kernel/http/idempotency-key.ts"
import { timeText } from "#kernel/http/shapes.ts"
import { concurrencyKey, concurrencySchema } from "#language/concurrency.ts"
import { durationMs } from "#language/duration.ts"
import { limits } from "#language/limits.ts"
import { duration, jobType, priority, queueName, workerLabels } from "#language/words.ts"
import { jobMoves } from "./moves.ts"

const max_jobs = 1_000
const end_ms = Date.UTC(2200)

const limit = duration.refine((text) => durationMs(text) !== 0, "is longer than 0s")

const startTime = timeText.refine((text) => {
  const at_ms = Date.parse(text)
  return at_ms >= 0 && at_ms < end_ms
}, "is between 1970 and 2200")

const retriesShape = z.strictObject({
  initial: duration.nullish().openapi({ description: "Wait before the first retry; 1s when left out." }),
  factor: z
    .number()
    .min(1)
    .max(100)
    .nullish()
    .openapi({ description: "Each wait is this much longer; 2 when left out." }),
  max: duration.nullish().openapi({ description: "No wait is longer; 60s when left out." }),
  jitter: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .openapi({ description: "Share of random spread; 0.1 when left out." }),
})

const rateShape = z.strictObject({
  key: concurrencyKey.describe("What shares a key shares the limit."),
  limit: z.int().min(1).max(limits.max_concurrency),
  per: z.enum(["second", "minute"]),
})

export const createJobShape = z
  .strictObject({
    type: jobType,
    payload: z.unknown().optional().openapi({ description: "Any JSON of at most 1 MiB." }),
    queue: queueName.nullish().openapi({ description: "`default` when left out." }),
    priority: priority
      .nullish()
      .openapi({ description: "Higher goes first; each point is worth a minute of waiting." }),
    max_retries: z
      .int()
      .max(limits.max_retries)
      .nullish()
      .openapi({ description: "Tries after the first; 3 when left out or not above 0." }),
    retries: retriesShape.nullish(),
    run_at: startTime.nullish().openapi({ description: "Not before this time." }),
    timeout: limit.nullish().openapi({ description: "Of one attempt; 24h when left out." }),
    queue_timeout: limit
      .nullish()
      .openapi({ description: "A job that waits in its queue for longer becomes a dead letter." }),
    labels: workerLabels.nullish().openapi({ description: "Only a worker that has all of these runs it." }),
    idempotency_key: keyText.nullish().openapi({ description: "Wins over the header." }),
    concurrency: concurrencySchema
      .nullish()
      .openapi({ description: "At most so many jobs and runs with the same key at once." }),
    rate_limit: rateShape.nullish().openapi({
      description:
        "At most so many with the same key begin in such a time, spread evenly: its turn is fixed at creation, as `run_at`. Retries take no turn.",
    }),
  })
  .refine(({ run_at, rate_limit }) => !run_at || !rate_limit, {
    path: ["rate_limit"],
    message: "goes without `run_at`: it says when the job may begin",
  })
  .openapi("CreateJob")

export const createJobsShape = z.object({ jobs: z.array(createJobShape).min(1).max(max_jobs) })

/** The same, but for its items, each of which is judged by itself. */
export const jobListShape = z.strictObject({ jobs: z.array(z.unknown()).min(1).max(max_jobs) })

const time = z.iso.datetime().nullable()

export const jobShape = z
  .object({
    id: z.uuid(),
    idempotency_key: z.string().nullable(),
    type: z.string(),
    payload: z.unknown(),
    queue: z.string(),
    priority: z.int(),
    status: z.enum(jobMoves.states as [string, ...string[]]),
    attempt: z.int().openapi({
      description: "Tries that have begun since it was created or last replayed; a lost worker costs none.",
    }),
    max_retries: z.int(),
    run_at: time,
    timeout: z.string(),
    concurrency: concurrencySchema.nullable(),
    result: z.unknown(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    worker_id: z.string().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    started_at: time,
    completed_at: time,
  })
  .openapi("Job")

export type CreateJob = z.infer<typeof createJobShape>
export type Job = z.infer<typeof jobShape>
