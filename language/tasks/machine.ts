import { z } from "zod"
import { limits } from "../limits.ts"
import { fieldName, filePath, positiveDuration, someText, text } from "../words.ts"

const script = z
  .string()
  .min(1, "the script is empty")
  .max(limits.max_script_bytes, `a script has at most ${limits.max_script_bytes} characters`)

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "this is no name of a header")

const fields = (key: z.ZodString, what: string) =>
  z
    .record(
      key,
      z.union([text(), z.number(), z.boolean()], { error: "must be text, a number or true/false" }),
    )
    .refine(
      (given) => Object.keys(given).length <= limits.max_headers,
      `there are at most ${limits.max_headers} ${what}`,
    )

const url = someText("the URL", limits.max_url_chars).refine(
  (given) => given.includes("${{") || /^https?:\/\/[^\s/?#]+/i.test(given),
  "a URL begins with http:// or https:// and has a host",
)

const status = z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/)], {
  error: "a status is a number from 100 to 599, or a class like 2xx",
})

const auth = z
  .strictObject({
    bearer: someText("the token").optional(),
    basic: z.strictObject({ user: someText("the user"), password: text() }).optional(),
  })
  .refine(({ bearer, basic }) => (bearer === undefined) !== (basic === undefined), "give `bearer` or `basic`")

const http = z
  .strictObject({
    method: z
      .enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      .optional()
      .describe("GET when left out."),
    url,
    headers: fields(headerName, "headers").optional(),
    query: fields(z.string(), "parameters").optional(),
    json: z.json().optional().describe("The body, sent as JSON."),
    form: fields(z.string(), "fields").optional().describe("The body, sent as a form."),
    body: text().optional().describe("The body, sent as it is."),
    auth: auth.optional().describe("Credentials, from secrets."),
    expect: z.array(status).min(1).max(50).optional().describe("Statuses that are good; 2xx when left out."),
    timeout: positiveDuration("a timeout").optional().describe("Of one request; 30s when left out."),
    max_response_bytes: z.int().min(0).max(104_857_600).optional().describe("1 MB when left out."),
    max_redirects: z.int().min(0).max(20).optional().describe("5 when left out."),
    retry_after: z
      .boolean()
      .optional()
      .describe("Whether a retry waits as `Retry-After` asks; true when left out."),
  })
  .refine(
    ({ json, form, body }) => [json, form, body].filter((one) => one !== undefined).length <= 1,
    "a request has one of `json`, `form` and `body`",
  )

const memory = z.string().regex(/^[1-9]\d{0,6}(?:KB|MB|GB)$/, "memory is written like 512MB or 2GB")

const container = z.strictObject({
  image: someText("the image", 500),
  command: z
    .union([script, z.array(text()).min(1).max(1_000)], { error: "must be a script, or a list of words" })
    .optional()
    .describe("A script for the image's sh, or a list of words; the image's own when left out."),
  workdir: someText("the folder", limits.max_path_chars).optional(),
  pull: z.enum(["missing", "always", "never"]).optional().describe("missing when left out."),
  network: z.enum(["default", "none"]).optional(),
  memory: memory.optional(),
  cpus: z.number().gt(0).max(1_024).optional(),
})

const functionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$/, "a function's name is 1 to 100 of A-Z, a-z, 0-9 and _.:/-")

/** What a worker runs in a process of its own, sends out, or hands to a function elsewhere. */
export const machineTypes = {
  shell: z.strictObject({ run: script.describe("The script, run by sh.") }).describe("A shell script."),
  script: z
    .strictObject({
      code: script.optional().describe("TypeScript or JavaScript; its default export is called."),
      file: filePath.optional().describe("One of the workflow's `files`, instead of `code`."),
      input: z.record(fieldName, z.json()).optional().describe("Values for the function."),
    })
    .refine(
      ({ code, file }) => (code === undefined) !== (file === undefined),
      "a script has `code` or `file`",
    )
    .describe("TypeScript or JavaScript in a process of its own."),
  http: http.describe("An HTTP request."),
  container: container.describe("A container, by docker or podman."),
  function: z
    .strictObject({
      name: functionName,
      input: z.json().optional(),
      heartbeat_timeout: positiveDuration("a timeout").optional(),
    })
    .describe("A function of a worker that uses the SDK."),
} as const
