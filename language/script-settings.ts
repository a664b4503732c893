import { z } from "zod"
import { limits } from "./limits.ts"
import { filePath } from "./words.ts"

export const scriptSettings = z
  .strictObject({
    code: z
      .string()
      .min(1, "the code is empty")
      .max(limits.max_script_bytes, `code has at most ${limits.max_script_bytes} characters`)
      .optional()
      .describe("A module of TypeScript or JavaScript whose default export is a function of the context."),
    file: filePath.optional().describe("A file of the task's folder, instead of `code`."),
    data: z.json().optional().describe("What the function gets as `data`, with its expressions filled in."),
  })
  .refine(
    ({ code, file }) => (code === undefined) !== (file === undefined),
    "a script has `code` or a `file`",
  )
