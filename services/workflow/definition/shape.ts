import { z } from "@hono/zod-openapi"
import { Problem } from "#kernel/problem/problem.ts"

const max_file_chars = 1_024

/** Either a file's text or a definition as an object. */
export const writtenShape = z
  .strictObject({
    source: z.string().optional().openapi({ description: "The workflow file's text: YAML or JSON." }),
    file: z.string().max(max_file_chars).optional().openapi({ description: "What the file is called." }),
    definition: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: "The workflow as an object, instead of `source`." }),
  })
  .openapi("WrittenWorkflow")

const findings = z.array(
  z.object({
    message: z.string(),
    path: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    suggestion: z.string().nullable(),
  }),
)

export const verdictShape = z
  .object({
    valid: z.boolean(),
    errors: findings,
    notes: findings.openapi({ description: "What is valid, and yet not what this version does." }),
  })
  .openapi("Verdict")

export type Verdict = z.infer<typeof verdictShape>

export type Written =
  | { readonly source: string; readonly file?: string | undefined }
  | { readonly definition: Readonly<Record<string, unknown>> }

export const writtenOf = ({ source, file, definition }: z.infer<typeof writtenShape>): Written => {
  if (source !== undefined && definition === undefined) return { source, file }
  if (definition !== undefined && source === undefined) return { definition }
  throw new Problem("request.invalid", { detail: "Send either `source` or `definition`." })
}
