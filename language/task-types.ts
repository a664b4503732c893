import { z } from "zod"
import { containerSettings } from "./container-settings.ts"
import { httpSettings } from "./http-settings.ts"
import { limits } from "./limits.ts"
import { scriptSettings } from "./script-settings.ts"

/** What this version runs. A new type is one entry here, with the schema of its `with`. */
export const taskTypes = {
  shell: z.strictObject({
    run: z
      .string()
      .min(1, "the script is empty")
      .max(limits.max_script_bytes, `a script has at most ${limits.max_script_bytes} characters`)
      .describe("The script, run by sh."),
  }),
  script: scriptSettings,
  http: httpSettings,
  container: containerSettings,
  noop: z.strictObject({}).describe("Does nothing and completes: a join or a milestone."),
} as const satisfies Record<string, z.ZodType>

type TaskType = keyof typeof taskTypes

/** Named by the language, run by a later version. */
export const laterTaskTypes: ReadonlySet<string> = new Set([
  "approval",
  "sleep",
  "signal",
  "workflow",
  "notify",
  "function",
])

export const isTaskType = (name: string): name is TaskType => Object.hasOwn(taskTypes, name)

export const taskTypeNames = Object.keys(taskTypes)

/** Code sees what came before it by itself, so it is given all that its task needs. */
export const readsItsNeeds = (type: string): boolean => type === "script"
