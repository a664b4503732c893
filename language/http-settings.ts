import { z } from "zod"
import { duration } from "./words.ts"

const max_url_chars = 8_192
const max_pairs = 100
const max_response_bytes = 16 * 1024 * 1024

/** As written: an expression may stand for any of these, and what it stands for is checked when it is known. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

const pairs = z
  .record(z.string().min(1).max(200), scalar)
  .refine((given) => Object.keys(given).length <= max_pairs, `has at most ${max_pairs} entries`)

const url = z
  .string()
  .min(1, "the url is empty")
  .max(max_url_chars, `a url has at most ${max_url_chars} characters`)
  .refine(
    (text) => text.includes("${{") || /^https?:\/\/[^/]/i.test(text),
    "a url begins with http:// or https://",
  )

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const

const status = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5]xx$/, "is a status like 204, or all of a kind like 2xx"),
])

const statuses = z.union([status, z.array(status).min(1).max(50)])

const auth = z.union(
  [z.strictObject({ bearer: z.string() }), z.strictObject({ username: z.string(), password: z.string() })],
  "auth is `{bearer: …}` or `{username: …, password: …}`",
)

export const httpSettings = z
  .strictObject({
    url,
    method: z.enum(methods).optional().describe("GET when left out, POST with a body."),
    headers: pairs.optional(),
    query: pairs.optional().describe("Added to the url. A null is left out."),
    json: z.json().optional().describe("Sent as JSON."),
    form: pairs.optional().describe("Sent as a form's fields."),
    body: z.string().optional().describe("Sent as it is."),
    auth: auth.optional().describe("Take what is secret from `secrets`."),
    expected_status: statuses.optional().describe("2xx when left out; any other is a failure."),
    retry_status: statuses
      .optional()
      .describe("What may be tried again; 408, 425, 429 and 5xx when left out."),
    timeout: duration.optional().describe("Of the whole request with its redirects; 60s when left out."),
    max_redirects: z.int().min(0).max(20).optional().describe("5 when left out."),
    max_response_bytes: z.int().min(0).max(max_response_bytes).optional().describe("1 MiB when left out."),
  })
  .refine(
    ({ json, form, body }) => [json, form, body].filter((one) => one !== undefined).length <= 1,
    "a request has one of `json`, `form` and `body`",
  )

export type HttpSettings = z.output<typeof httpSettings>
