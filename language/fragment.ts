import { z } from "zod"
import { limits } from "./limits.ts"

const types = ["string", "integer", "number", "boolean", "object", "array", "null"] as const
const formats = ["date", "date-time", "email", "uri", "uuid"] as const

const size = z.int().min(0).max(1_000_000)
const number = z.number().refine(Number.isFinite, "must be a finite number")

/** The part of JSON Schema that is understood; its words are written as JSON Schema has them. */
export const constraints = {
  enum: z
    .array(z.json())
    .min(1, "an enum needs at least one value")
    .max(limits.max_enum, `an enum has at most ${limits.max_enum} values`)
    .optional()
    .describe("The only values that are accepted."),
  minimum: number.optional(),
  maximum: number.optional(),
  minLength: size.optional(),
  maxLength: size.optional(),
  format: z.enum(formats).optional(),
  minItems: size.optional(),
  maxItems: size.optional(),
  uniqueItems: z.boolean().optional(),
  items: z
    .lazy(() => fragmentSchema)
    .optional()
    .describe("What each value of a list is."),
  properties: z
    .record(
      z.string().max(200),
      z.lazy(() => fragmentSchema),
    )
    .optional()
    .describe("What a mapping has, by key."),
  additionalProperties: z
    .boolean()
    .optional()
    .describe("Whether a mapping may have other keys; true when left out."),
}

export type Fragment = {
  readonly type?: (typeof types)[number] | undefined
  readonly description?: string | undefined
  readonly required?: readonly string[] | undefined
  readonly enum?: readonly z.core.util.JSONType[] | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly format?: (typeof formats)[number] | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly uniqueItems?: boolean | undefined
  readonly items?: Fragment | undefined
  readonly properties?: Readonly<Record<string, Fragment>> | undefined
  readonly additionalProperties?: boolean | undefined
}

export const fragmentSchema: z.ZodType<Fragment> = z
  .strictObject({
    type: z.enum(types).optional(),
    description: z.string().max(limits.max_description_chars).optional(),
    required: z.array(z.string().max(200)).max(limits.max_enum).optional(),
    ...constraints,
  })
  .meta({ id: "Fragment" })
