import { z } from "@hono/zod-openapi"
import { versionShape } from "../version/shape.ts"

const max_name_chars = 200

const isClean = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

/** What is asked for by name: any text that PostgreSQL can compare. */
export const nameText = z.string().max(max_name_chars).refine(isClean, "has a character that is refused")

export const workflowShape = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    latest_version: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Workflow")

export const shownWorkflowShape = workflowShape.extend({ latest: versionShape }).openapi("ShownWorkflow")

export type Workflow = z.infer<typeof workflowShape>
export type ShownWorkflow = z.infer<typeof shownWorkflowShape>
