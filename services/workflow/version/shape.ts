import { z } from "@hono/zod-openapi"
import { versionFileShape } from "../bundle/shape.ts"

export const versionShape = z
  .object({
    workflow: z.string(),
    version: z.int(),
    digest: z.string(),
    created: z.boolean().openapi({ description: "Whether this request made it." }),
    definition: z.record(z.string(), z.unknown()),
    files: z.array(versionFileShape),
    created_at: z.iso.datetime(),
    created_by: z.uuid(),
  })
  .openapi("Version")

export type Version = z.infer<typeof versionShape>
