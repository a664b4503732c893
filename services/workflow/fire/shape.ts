import { z } from "@hono/zod-openapi"
import { timeText } from "#kernel/http/shapes.ts"
import { fireStatus } from "../schedule/shape.ts"

export const nextFireShape = z
  .object({
    fire_at: z.iso.datetime(),
    local: z.string().openapi({ description: "What the clocks of its zone show then." }),
    start_at: z.iso.datetime().openapi({ description: "With its jitter." }),
  })
  .openapi("NextFire")

export type NextFire = z.infer<typeof nextFireShape>

export const fireShape = z
  .object({
    fire_at: z.iso.datetime(),
    kind: z.enum(["schedule", "catch_up", "backfill"]),
    status: fireStatus,
    reason: z.string().nullable(),
    until: z.iso.datetime().nullable().openapi({ description: "It stands for all times up to here." }),
    run_id: z.uuid().nullable(),
    decided_at: z.iso.datetime(),
  })
  .openapi("Fire")

export type Fire = z.infer<typeof fireShape>

export const backfillShape = z
  .strictObject({
    from: timeText,
    to: timeText.openapi({ description: "Not in the future." }),
    dry_run: z.boolean().default(false).openapi({ description: "Only say what would be started." }),
  })
  .openapi("Backfill")

export type Backfill = z.infer<typeof backfillShape>

export const backfilledShape = z
  .object({
    created: z.array(z.iso.datetime()).openapi({ description: "For these a run is started." }),
    kept: z.array(z.iso.datetime()).openapi({ description: "These have, or will have, their run." }),
  })
  .openapi("Backfilled")

export type Backfilled = z.infer<typeof backfilledShape>
