import { z } from "@hono/zod-openapi"
import { jobType, queueName } from "#language/words.ts"
import { jobShape } from "../job/shape.ts"

const max_at_once = 1_000

export const deadLetterShape = z
  .object({
    id: z.uuid(),
    job: jobShape,
    reason: z.string(),
    attempts: z.int(),
    died_at: z.iso.datetime(),
  })
  .openapi("DeadLetter")

/** Which of them, oldest first; without a queue or type all there are. */
export const chosenShape = z
  .strictObject({
    queue: queueName.optional(),
    type: jobType.optional(),
    limit: z.int().min(1).max(max_at_once).default(max_at_once),
  })
  .openapi("ChooseDeadLetters")

const more = z.boolean().openapi({ description: "There are others: ask again." })

export const replayedShape = z.object({ replayed: z.int(), more }).openapi("Replayed")
export const droppedShape = z.object({ dropped: z.int(), more }).openapi("Dropped")

export type DeadLetter = z.infer<typeof deadLetterShape>
export type Chosen = z.infer<typeof chosenShape>
