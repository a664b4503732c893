import { z } from "zod"
import { limits } from "./limits.ts"

/** What this version runs. A new type is one entry here, with the schema of its `with`. */
export const taskTypes = {
  shell: z.strictObject({
    run: z
      .string()
      .min(1, "the script is empty")
      .max(limits.max_script_bytes, `a script has at most ${limits.max_script_bytes} characters`)
      .describe("The script, run by sh."),
  }),
  noop: z.strictObject({}).describe("Does nothing and completes: a join or a milestone."),
} as const satisfies Record<string, z.ZodType>

type TaskType = keyof typeof taskTypes

/** Named by the language, run by a later version. */
export const laterTaskTypes: ReadonlySet<string> = new Set([
  "http",
  "script",
  "container",
  "approval",
  "sleep",
  "signal",
  "workflow",
  "notify",
  "function",
])

export const isTaskType = (name: string): name is TaskType => Object.hasOwn(taskTypes, name)

export const taskTypeNames = Object.keys(taskTypes)
