import { z } from "@hono/zod-openapi"

const max_concurrency = 1_000_000
const max_rate = 1_000_000

const concurrency = z.int().min(1).max(max_concurrency).nullable()

const rateLimit = z
  .strictObject({ limit: z.int().min(1).max(max_rate), per: z.enum(["second", "minute"]) })
  .nullable()

export const queueSettingsShape = z
  .strictObject({
    concurrency: concurrency
      .optional()
      .openapi({ description: "How many run at once; null for any number." }),
    rate_limit: rateLimit
      .optional()
      .openapi({ description: "How many begin in a time; null for any number." }),
  })
  .openapi("QueueSettings")

export const queueShape = z
  .object({
    name: z.string(),
    paused: z.boolean(),
    pending: z.int(),
    queued: z.int(),
    running: z.int(),
    retrying: z.int(),
    dead_letters: z.int(),
    concurrency,
    rate_limit: rateLimit,
  })
  .openapi("Queue")

export type QueueSettings = z.infer<typeof queueSettingsShape>
export type Queue = z.infer<typeof queueShape>
