import { z } from "zod"

/** Metadata has no settings of its own yet. */
export const metadataConfig = z.object({})
