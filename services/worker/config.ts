import { availableParallelism, hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"

const label = /^[\w.-]{1,63}=[\w.-]{0,63}$/

/** Tasks mostly wait for other programs, so there are more slots than cores. */
const slots_per_core = 4

export const workerConfig = z.object({
  WF_WORKER_NAME: z.string().min(1).max(200).default(hostname()),
  WF_WORKER_SLOTS: wholeNumber({ min: 1, max: 10_000 }).default(availableParallelism() * slots_per_core),
  /** For functions of the worker's own, which take no process; the more, the larger the batches. */
  WF_WORKER_INLINE_SLOTS: wholeNumber({ min: 0, max: 10_000 }).default(500),
  /** `*` takes from every queue. */
  WF_WORKER_QUEUES: z
    .string()
    .default("*")
    .transform((text) => text.split(",").map((queue) => queue.trim())),
  WF_WORKER_LABELS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((pair) => pair !== ""))
    .refine((pairs) => pairs.every((pair) => label.test(pair)), "labels are key=value, with commas between")
    .transform((pairs) => Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]))),
  WF_WORKER_FOLDER: z.string().min(1).default(join(tmpdir(), "wf-worker")),
})
