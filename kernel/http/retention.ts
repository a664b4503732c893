import { z } from "@hono/zod-openapi"
import { invalidField } from "./invalid.ts"

/** For how long a workspace keeps something, within what the platform does. */
export const retentionShape = z
  .object({
    keep_days: z.int().openapi({ description: "How long it is kept." }),
    max_keep_days: z
      .int()
      .openapi({ description: "What the platform allows, and does where nothing is set." }),
    is_set: z.boolean(),
  })
  .openapi("Retention")

export const setRetentionShape = z.strictObject({
  keep_days: z
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .openapi({ description: "null for as long as the platform does." }),
})

export type Retention = z.infer<typeof retentionShape>

export const retentionOf = (own: number | null, max_keep_days: number): Retention => ({
  ...{ keep_days: Math.min(own ?? max_keep_days, max_keep_days), max_keep_days, is_set: own !== null },
})

export const checkKeepDays = (keep_days: number | null, max_keep_days: number): void => {
  if (keep_days === null || keep_days <= max_keep_days) return
  const message = `The platform keeps nothing for longer than ${max_keep_days} days.`
  throw invalidField("keep_days", message)
}
