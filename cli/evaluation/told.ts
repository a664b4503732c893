import { z } from "zod"

const placeSchema = z.object({ file: z.string(), line: z.number(), column: z.number() })

/** What the process that has evaluated a program leaves behind. */
export const toldSchema = z.union([
  z.object({
    ok: z.literal(true),
    flows: z.array(
      z.object({
        definition: z.unknown(),
        /** Where parts of it were written, by their paths. */
        places: z.record(z.string(), placeSchema),
      }),
    ),
  }),
  z.object({
    ok: z.literal(false),
    errors: z.array(placeSchema.partial().extend({ message: z.string() })),
  }),
])

export type Told = z.output<typeof toldSchema>
