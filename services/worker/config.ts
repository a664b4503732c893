import { availableParallelism, hostname, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"
import { policyEntries } from "#kernel/outbound/policy.ts"
import type { ProcessLimits } from "./process/limits.ts"

const label = /^[\w.-]{1,63}=[\w.-]{0,63}$/

/** Tasks mostly wait for other programs, so there are more slots than cores. */
const slots_per_core = 4

/** A task that takes more than this of the machine takes it from the platform. */
const memory_share = 0.8
const usual_memory_mb = Math.floor((totalmem() / 1024 / 1024) * memory_share)

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
  /** What a task may use at most, and what it may when it doesn't say. */
  WF_WORKER_MAX_MEMORY_MB: wholeNumber({ min: 16, max: 16_777_216 }).default(usual_memory_mb),
  WF_WORKER_MAX_PROCESSES: wholeNumber({ min: 8, max: 1_000_000 }).default(2_048),
  WF_WORKER_MAX_OPEN_FILES: wholeNumber({ min: 64, max: 1_000_000 }).default(4_096),
  WF_WORKER_MAX_OUTPUT_MB: wholeNumber({ min: 1, max: 1_048_576 }).default(64),
  WF_WORKER_CONTAINERS: z.enum(["auto", "docker", "podman", "off"]).default("auto"),
  /** Private networks, addresses and hosts that `http` tasks may call all the same. */
  WF_WORKER_HTTP_ALLOW: policyEntries,
  /** If there are any, `http` tasks call nothing else. */
  WF_WORKER_HTTP_ONLY: policyEntries,
  WF_WORKER_FOLDER: z.string().min(1).default(join(tmpdir(), "wf-worker")),
})

const mib = 1024 * 1024

export const limitsFrom = (config: z.output<typeof workerConfig>): ProcessLimits => ({
  max_memory_bytes: config.WF_WORKER_MAX_MEMORY_MB * mib,
  max_processes: config.WF_WORKER_MAX_PROCESSES,
  max_open_files: config.WF_WORKER_MAX_OPEN_FILES,
  max_output_bytes: config.WF_WORKER_MAX_OUTPUT_MB * mib,
})
