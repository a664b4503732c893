import { z } from "zod"

const usual_days = 30

export const schedulerConfig = z.object({
  /** How long runs and jobs are kept after they were created, if they have ended. Dead letters are kept until resolved. */
  WF_KEEP_RUNS_DAYS: z.coerce.number().min(0.001).max(36_500).default(usual_days),
})
