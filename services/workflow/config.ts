import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"

export const workflowConfig = z.object({
  /** How long it is kept what became of the times at which schedules were due. */
  WF_KEEP_FIRES_DAYS: wholeNumber({ min: 1, max: 3_650 }).default(90),
})
