import { z } from "zod"
import { catalogue } from "#kernel/events/catalogue.ts"
import type { Schemas } from "./narrowing.ts"

/** Every event as a JSON Schema: what others may rely on, whatever library they read it with. */
export const eventSchemas = (): Schemas =>
  Object.fromEntries(
    Object.entries(catalogue).map(([name, { data }]) => [name, z.toJSONSchema(data, { io: "input" })]),
  )
