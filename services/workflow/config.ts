import { z } from "zod"

/** The workflow service has no settings of its own yet; the bounds of a workflow are the language's. */
export const workflowConfig = z.object({})
