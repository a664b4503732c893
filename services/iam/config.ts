import { z } from "zod"

/** Identity has no settings of its own yet; lifetimes and bounds are stated beside their use. */
export const iamConfig = z.object({})
