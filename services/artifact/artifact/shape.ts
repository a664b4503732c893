import { z } from "@hono/zod-openapi"

export const artifactShape = z
  .object({
    id: z.uuid(),
    run_id: z.uuid(),
    task: z.string().nullable(),
    name: z.string(),
    size_bytes: z.int(),
    content_type: z.string(),
    sha256: z.string(),
    created_at: z.iso.datetime(),
  })
  .openapi("Artifact")

export type Artifact = z.infer<typeof artifactShape>

export const presignedShape = z
  .object({
    url: z.url(),
    method: z.enum(["GET", "PUT"]),
    headers: z.record(z.string(), z.string()),
    expires_at: z.iso.datetime(),
  })
  .openapi("Presigned")
