import { z } from "zod"
import { positiveDuration, scriptText } from "../words.ts"
import { containerSettings } from "./container.ts"
import { httpSettings } from "./http.ts"
import { scriptSettings } from "./script.ts"

export const functionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$/, "a function's name is 1 to 100 of A-Z, a-z, 0-9 and _.:/-")

/** What a worker runs in a process of its own, sends out, or hands to a function elsewhere. */
export const machineTypes = {
  shell: z.strictObject({ run: scriptText.describe("The script, run by sh.") }).describe("A shell script."),
  script: scriptSettings,
  http: httpSettings,
  container: containerSettings,
  function: z
    .strictObject({
      name: functionName,
      input: z.json().optional(),
      heartbeat_timeout: positiveDuration("a timeout").optional(),
    })
    .describe("A function of a worker that uses the SDK."),
} as const
