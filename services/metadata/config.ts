import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"

export const metadataConfig = z.object({
  /** How long logs and attempts are kept after their run was made, if it has ended. */
  WF_KEEP_LOGS_DAYS: wholeNumber({ min: 1, max: 36_500 }).default(30),
})
