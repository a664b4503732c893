import { z } from "@hono/zod-openapi"
import type { VersionFile } from "#language/bundle.ts"
import { limits } from "#language/limits.ts"

const max_content_chars = limits.max_files_bytes * 2

/** A file as it comes with a push. */
const sentFileShape = z
  .strictObject({
    path: z.string().max(1_024).openapi({ description: "As the workflow's `files` name it." }),
    content: z.string().max(max_content_chars),
    encoding: z
      .enum(["utf8", "base64"])
      .optional()
      .openapi({ description: "How `content` is written; utf8 when left out." }),
    executable: z.boolean().optional().openapi({ description: "Whether tasks may run it as a program." }),
  })
  .openapi("SentFile")

export const sentFilesShape = z
  .array(sentFileShape)
  .max(limits.max_files * 2)
  .openapi({
    description: `What the workflow's \`files\` hold: at most ${limits.max_file_bytes} bytes each, and ${limits.max_files_bytes} in all.`,
  })

export type SentFile = z.infer<typeof sentFileShape>

export const versionFileShape = z
  .object({ path: z.string(), executable: z.boolean(), size_bytes: z.int(), sha256: z.string() })
  .openapi("VersionFile") satisfies z.ZodType<VersionFile>
