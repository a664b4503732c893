import { z } from "@hono/zod-openapi"

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    next: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    request_id: z.string().optional(),
  })
  .openapi("Problem")

/** Every operation may refuse; the document says so once. */
export const refusals = {
  default: { description: "A refusal", content: { "application/problem+json": { schema: problemShape } } },
} as const

export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { "application/json": { schema } },
})

export const jsonAnswer = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { "application/json": { schema } },
})

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() })

/** An id that somebody sends, as we write it: what is compared with an id of ours must not differ by its letters alone. */
export const idText = z.uuid().toLowerCase()

const [first_ms, end_ms] = [Date.parse("0001-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59.999Z")]

/** A time that somebody sends, as we write it: RFC 3339 has offsets and years that no database takes. */
export const timeText = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= first_ms && Date.parse(text) <= end_ms, {
    message: "is within the years 1 to 9999",
    abort: true,
  })
  .transform((text) => new Date(text).toISOString())

const max_page = 200

/** `?limit=&cursor=` of every list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(max_page).default(50),
  cursor: z.string().max(512).optional(),
})

/** The same, of what is listed by id. */
export const idPage = pageQuery.extend({ cursor: idText.optional() })

export const bearer = [{ bearer: [] }]
