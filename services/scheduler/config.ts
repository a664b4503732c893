import { z } from "zod"

/** The scheduler has no settings of its own yet; its limits are part of the protocol. */
export const schedulerConfig = z.object({})
