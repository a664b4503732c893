import { z } from "zod"
import { filePath, scriptText } from "../words.ts"

export const scriptSettings = z
  .strictObject({
    code: scriptText
      .optional()
      .describe("A module of TypeScript or JavaScript whose default export is a function of the context."),
    file: filePath.optional().describe("One of the workflow's `files`, instead of `code`."),
    data: z.json().optional().describe("What the function gets as `data`, with its expressions filled in."),
  })
  .refine(({ code, file }) => (code === undefined) !== (file === undefined), "a script has `code` or `file`")
  .describe("TypeScript or JavaScript in a process of its own.")
