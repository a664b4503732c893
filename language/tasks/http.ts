import { z } from "zod"
import { limits } from "../limits.ts"
import { positiveDuration, someText } from "../words.ts"

const max_response_bytes = 16 * 1024 * 1024

/** As written: what its expressions stand for is checked by the same rules, once it is known. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: "must be text, a number, true/false or null",
})

const fields = (key: z.ZodString, what: string) =>
  z
    .record(key, scalar)
    .refine(
      (given) => Object.keys(given).length <= limits.max_headers,
      `there are at most ${limits.max_headers} ${what}`,
    )

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "this is no name of a header")

const fieldName = z.string().min(1, "a name is empty").max(200, "a name has at most 200 characters")

const url = someText("the URL", limits.max_url_chars).refine(
  (given) => given.includes("${{") || /^https?:\/\/[^\s/?#]+/i.test(given),
  "a URL begins with http:// or https:// and has a host",
)

const wrong_status = "a status is a number from 100 to 599, or a class like 2xx"

const status = z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/)], { error: wrong_status })

const statuses = z.union([status, z.array(status).min(1).max(50)], {
  error: `${wrong_status}, or a list of them`,
})

const auth = z.union(
  [
    z.strictObject({ bearer: someText("the token") }),
    z.strictObject({ username: z.string(), password: z.string() }),
  ],
  { error: "auth is `{bearer: …}` or `{username: …, password: …}`" },
)

export const httpSettings = z
  .strictObject({
    method: z
      .enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      .optional()
      .describe("GET when left out, POST with a body."),
    url,
    headers: fields(headerName, "headers").optional().describe("A null is left out."),
    query: fields(fieldName, "parameters").optional().describe("Added to the URL. A null is left out."),
    json: z.json().optional().describe("The body, sent as JSON."),
    form: fields(fieldName, "fields").optional().describe("The body, sent as a form. A null is left out."),
    body: z.string().optional().describe("The body, sent as it is."),
    auth: auth.optional().describe("Credentials, from secrets."),
    expected_status: statuses.optional().describe("2xx when left out; any other is a failure."),
    retry_status: statuses
      .optional()
      .describe("What may be tried again; 408, 425, 429 and 5xx when left out."),
    retry_after: z
      .boolean()
      .optional()
      .describe("Whether a retry waits as long as `Retry-After` asks; true when left out."),
    timeout: positiveDuration("a timeout")
      .optional()
      .describe("Of the whole request with its redirects; 60s when left out."),
    max_redirects: z.int().min(0).max(20).optional().describe("5 when left out."),
    max_response_bytes: z.int().min(0).max(max_response_bytes).optional().describe("1 MiB when left out."),
  })
  .refine(
    ({ json, form, body }) => [json, form, body].filter((one) => one !== undefined).length <= 1,
    "a request has one of `json`, `form` and `body`",
  )
  .describe("An HTTP request.")

export type HttpSettings = z.output<typeof httpSettings>
