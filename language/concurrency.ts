import { z } from "zod"
import { isClean } from "./bounds.ts"
import { limits } from "./limits.ts"

const conflicts = ["queue", "cancel_running", "reject"] as const

/** What to do with one that finds its key taken. */
export type Conflict = (typeof conflicts)[number]

export const concurrencyKey = z
  .string()
  .min(1, "a key has at least one character")
  .max(limits.max_key_chars, `a key has at most ${limits.max_key_chars} characters`)
  .refine(isClean, "a key has no NUL and no half of a surrogate pair")

/** For jobs and for workflows. */
export const concurrencySchema = z.strictObject({
  key: concurrencyKey.describe("What shares a key shares the limit."),
  limit: z
    .int()
    .min(1)
    .max(limits.max_concurrency)
    .optional()
    .describe("How many may hold the key at once; 1 when left out. The one given last counts for all."),
  on_conflict: z
    .enum(conflicts)
    .optional()
    .describe(
      "With the key taken: wait in order (queue, when left out), cancel all that hold it or wait for it (cancel_running), or be refused (reject).",
    ),
})

export type Concurrency = {
  readonly key: string
  readonly limit: number
  readonly on_conflict: Conflict
}

export const concurrencyOf = ({
  key,
  limit = 1,
  on_conflict = "queue",
}: z.output<typeof concurrencySchema>): Concurrency => ({ key, limit, on_conflict })
