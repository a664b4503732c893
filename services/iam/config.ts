import { z } from "zod"
import { originSettings } from "#kernel/http/cors.ts"

/** Lifetimes and bounds are stated beside their use. */
export const iamConfig = z.object({ ...originSettings.shape })
