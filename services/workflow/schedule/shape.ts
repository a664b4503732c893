import { z } from "@hono/zod-openapi"
import { Problem } from "#kernel/problem/problem.ts"
import { scheduleSchema } from "#language/schedule.ts"
import { fieldName, workflowName } from "#language/words.ts"
import { fireMoves } from "../fire/moves.ts"
import { nameText } from "../workflow/shape.ts"

export const fireStatus = z.enum(fireMoves.states as [string, ...string[]])

const lastFire = z.object({
  fire_at: z.iso.datetime(),
  status: fireStatus,
  reason: z.string().nullable(),
  run_id: z.uuid().nullable(),
})

export const scheduleShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    workflow: z.string(),
    source: z.enum(["file", "api"]).openapi({
      description: "`file`: the workflow's latest version declares it, and changes it.",
    }),
    cron: z.string(),
    timezone: z.string(),
    catch_up: z.enum(["none", "latest", "all"]),
    window: z.string(),
    overlap: z.enum(["allow", "skip", "queue", "cancel_running"]),
    jitter: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    paused_at: z.iso.datetime().nullable(),
    workflow_archived: z.boolean().openapi({ description: "Nothing of an archived workflow is started." }),
    next_at: z.iso.datetime().nullable().openapi({ description: "Null while nothing will be due." }),
    last: lastFire.nullable().openapi({ description: "What became of the latest time." }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Schedule")

export type Schedule = z.infer<typeof scheduleShape>

const { name: _, inputs: __, ...settings } = scheduleSchema.shape

export const createScheduleShape = z
  .strictObject({
    name: workflowName,
    workflow: nameText,
    ...settings,
    inputs: z.record(fieldName, z.unknown()).optional().openapi({
      description: "The runs' inputs; they may read `trigger.scheduled_at`, and `today()` is its day.",
    }),
  })
  .openapi("CreateSchedule")

export type CreateSchedule = z.infer<typeof createScheduleShape>

export const noSchedule = (name: string): Problem =>
  new Problem("schedule.not_found", { detail: `There is no schedule ${name} in this workspace.` })
