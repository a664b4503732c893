import { z } from "zod"
import { durationMs } from "./duration.ts"
import { limits } from "./limits.ts"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

// Names become keys of objects, so those that JavaScript gives a meaning are nobody's.
const reserved = new Set(["__proto__", "constructor", "prototype"])
const free = (name: string): boolean => !reserved.has(name)

const name = (what: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,99}$/,
      `${what} is 1 to ${limits.max_name_chars} of A-Z, a-z, 0-9, _ and -, beginning with a letter`,
    )
    .refine(free, "this name is reserved")

export const workflowName = name("a workflow's name").refine(
  (text) => !uuid.test(text),
  "a workflow's name can't look like an id",
)

export const queueName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, "a queue's name is 1 to 63 of a-z, 0-9, _ and -, beginning with a letter")

const job_type = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$/

/** What a job or a step is done by: one of the worker's own functions, or what a remote worker calls its own. */
export const jobType = z
  .string()
  .regex(job_type, "a type is 1 to 100 of A-Z, a-z, 0-9 and _.:/-, beginning with a letter or digit")

export const isJobType = (text: string): boolean => job_type.test(text)

const labelText = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,63}$/, "a label's name and value are 1 to 63 of A-Z, a-z, 0-9 and _.-")
  .refine(free, "this name is reserved")

/** What tells workers apart. */
export const workerLabels = z
  .record(labelText, labelText)
  .refine(
    (labels) => Object.keys(labels).length <= limits.max_labels,
    `there are at most ${limits.max_labels} labels`,
  )

export const priority = z.int().min(-1000).max(1000)

export const taskName = name("a task's name")

export const fieldName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
    "a name is 1 to 64 of A-Z, a-z, 0-9 and _, not beginning with a digit",
  )
  .refine(free, "this name is reserved")

export const duration = z
  .string()
  .refine((text) => durationMs(text) !== undefined, "a duration is written like 500ms, 10s, 10m or 1h30m")
  .refine((text) => (durationMs(text) ?? 0) <= limits.max_duration_ms, "a duration is at most 30d")

/** A timeout, a wait or a time to live: zero would mean something else to everybody. */
export const positiveDuration = (what: string) =>
  duration.refine((text) => durationMs(text) !== 0, `${what} is longer than 0s`)

/** Where a value of another type may be the result of an expression: `retries: "${{ inputs.n }}"`. */
const oneExpression = z.string().regex(/^\s*\$\{\{[\s\S]*\}\}\s*$/)

/** The value itself, or one expression that yields it in the run. */
export const orExpression = <Schema extends z.ZodType>(schema: Schema, what: string) =>
  z.union([schema, oneExpression], { error: `must be ${what}, or one expression` })

export const secretName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    "a secret's name is 1 to 128 of A-Z, a-z, 0-9 and _, not beginning with a digit",
  )
  .refine(free, "this name is reserved")

export const secretNames = z
  .array(secretName)
  .max(limits.max_secrets, `there are at most ${limits.max_secrets} secrets`)

/** Text that may have expressions in it. */
export const text = (max: number = limits.max_text_chars) =>
  z.string().max(max, `a text here has at most ${max} characters`)

export const someText = (what: string, max: number = limits.max_text_chars) =>
  text(max).min(1, `${what} is empty`)

/** A program, as text. */
export const scriptText = z
  .string()
  .min(1, "the script is empty")
  .max(limits.max_script_bytes, `a script has at most ${limits.max_script_bytes} characters`)

const environmentName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    "a variable's name is 1 to 128 of A-Z, a-z, 0-9 and _, not beginning with a digit",
  )
  .refine(free, "this name is reserved")
  .refine((text) => !/^WF_/i.test(text), "names that begin with WF_ belong to the platform")

export const environment = z
  .record(
    environmentName,
    z.union([z.string().max(limits.max_env_value_bytes), z.number(), z.boolean()], {
      error: `a variable is text, a number or true/false, of at most ${limits.max_env_value_bytes} characters`,
    }),
  )
  .refine(
    (variables) => Object.keys(variables).length <= limits.max_env,
    `there are at most ${limits.max_env} variables`,
  )
  .describe("Variables of the environment.")

const insideFolder = (path: string): boolean =>
  path.length > 0 &&
  path.length <= limits.max_path_chars &&
  !/^[/~]|^[A-Za-z]:|\\|\p{Cc}/u.test(path) &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== "..")

const whole = `of at most ${limits.max_path_chars} characters, without \`..\`, backslashes or a leading slash`

export const filePath = z.string().refine(insideFolder, `a file is a relative path ${whole}`)

export const artifactGlob = z
  .string()
  .refine((text) => insideFolder(text.replace(/\/$/, "")), `an artifact pattern is a relative path ${whole}`)

export const fetchGlob = z
  .string()
  .refine(
    (text) => insideFolder(text.replace(/\/$/, "")),
    `what is fetched is an artifact's name, or a pattern: a relative path ${whole}`,
  )
