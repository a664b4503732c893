import { z } from "@hono/zod-openapi"
import { keyText } from "#kernel/http/idempotency-key.ts"
import { limits } from "#language/limits.ts"
import { jobType } from "#language/words.ts"
import { nameText } from "../workflow/shape.ts"

export const max_steps = 1_000

/** What a step of a sequence and a task of a draft are made of. */
export const stepShape = z.strictObject({
  name: nameText.min(1),
  type: jobType,
  payload: z.unknown().optional().openapi({ description: "Any JSON of at most 1 MiB." }),
  max_retries: z
    .int()
    .max(limits.max_retries)
    .nullish()
    .openapi({ description: "Tries after the first; 3 when left out or not above 0." }),
})

export const startSequenceShape = z.strictObject({
  name: nameText.min(1),
  steps: z
    .array(stepShape)
    .min(1)
    .max(max_steps)
    .openapi({ description: "Done one after the other; the first that fails ends the sequence." }),
  idempotency_key: keyText.optional().openapi({ description: "Wins over the header." }),
})

/** What clients of earlier systems know. A paused one is running to them. */
export const legacy_statuses = ["pending", "running", "completed", "failed", "cancelled"] as const

const time = z.iso.datetime().nullable()

export const progressShape = z.object({
  status: z.string(),
  attempt: z.int(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  started_at: time,
  completed_at: time,
})

export const sequenceShape = z
  .object({
    id: z.uuid().openapi({ description: "That of its run." }),
    name: z.string(),
    status: z.enum(legacy_statuses),
    current_step: z.int().openapi({
      description: "The first step that has not completed, counted from 0; `total_steps` when all have.",
    }),
    total_steps: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime().optional(),
    completed_at: time.optional(),
    steps: z
      .array(
        z
          .object({ name: z.string(), type: z.string(), payload: z.unknown(), max_retries: z.int() })
          .extend(progressShape.shape),
      )
      .optional()
      .openapi({ description: "With `updated_at` and `completed_at`, on the single one." }),
  })
  .openapi("Sequence")

export type StartSequence = z.infer<typeof startSequenceShape>
export type Progress = z.infer<typeof progressShape>
export type Sequence = z.infer<typeof sequenceShape>
export type LegacyStatus = (typeof legacy_statuses)[number]
