import { z } from "@hono/zod-openapi"
import { isClean } from "#language/bounds.ts"

export const max_name_chars = 200

/** What is asked for by name: any text that PostgreSQL can compare. */
export const nameText = z.string().max(max_name_chars).refine(isClean, "has a character that is refused")

export const workflowShape = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    version: z.int().openapi({ description: "The latest." }),
    digest: z.string(),
    definition: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: "The latest version's; on the single one." }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    archived_at: z.iso.datetime().nullable().openapi({ description: "Nothing of it is started since then." }),
  })
  .openapi("Workflow")

export type Workflow = z.infer<typeof workflowShape>
