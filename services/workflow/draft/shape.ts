import { z } from "@hono/zod-openapi"
import { legacy_statuses, progressShape, stepShape } from "../sequence/shape.ts"
import { nameText } from "../workflow/shape.ts"

export const createDraftShape = z.strictObject({ name: nameText.min(1) }).openapi("CreateDraft")

export const addTaskShape = stepShape.extend({ workflow_id: z.uuid() }).openapi("AddTask")

export const dependencyShape = z
  .strictObject({ task_id: z.uuid(), depends_on_task_id: z.uuid() })
  .openapi("Dependency")

export const draftTaskShape = z
  .object({
    id: z.uuid(),
    workflow_id: z.uuid(),
    name: z.string(),
    type: z.string(),
    payload: z.unknown(),
    max_retries: z.int(),
    depends_on: z.array(z.uuid()),
    created_at: z.iso.datetime(),
  })
  .extend(progressShape.shape)
  .openapi("DraftTask")

export const draftShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    status: z.enum(["draft", ...legacy_statuses]),
    run_id: z.uuid().nullable(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    completed_at: z.iso.datetime().nullable(),
    tasks: z.array(draftTaskShape),
  })
  .openapi("Draft")

export const startedDraftShape = z
  .object({
    id: z.uuid().openapi({ description: "That of the run." }),
    workflow_id: z.uuid(),
    run_id: z.uuid(),
    status: z.enum(legacy_statuses),
  })
  .openapi("StartedDraft")

export type AddTask = z.infer<typeof addTaskShape>
export type Dependency = z.infer<typeof dependencyShape>
export type Draft = z.infer<typeof draftShape>
export type DraftTask = z.infer<typeof draftTaskShape>
export type StartedDraft = z.infer<typeof startedDraftShape>
