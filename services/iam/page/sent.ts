import type { Context } from "hono"
import type { z } from "zod"
import type { AppEnvironment } from "#kernel/http/app.ts"
import { Problem } from "#kernel/problem/problem.ts"

const max_form_bytes = 16_384

/** What a form has sent, as texts; anything but a form's encoding is refused. */
export const sentForm = async (context: Context<AppEnvironment>): Promise<URLSearchParams> => {
  const type = context.req.header("content-type") ?? ""
  if (!type.startsWith("application/x-www-form-urlencoded")) throw new Problem("request.media_type")
  const text = await context.req.text()
  if (text.length > max_form_bytes) throw new Problem("request.too_large")
  return new URLSearchParams(text)
}

/** The fields as the schema takes them, or the first of what is wrong with them, to be shown. */
export const fieldsOf = <Schema extends z.ZodType>(
  schema: Schema,
  form: URLSearchParams,
): z.output<Schema> => {
  const parsed = schema.safeParse(Object.fromEntries(form))
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "is not valid" }
  const name = path.join(".")
  throw new Problem("request.invalid", { detail: `${name}: ${message}`, errors: [{ path: name, message }] })
}

/** What a page says of a refusal. Anything else is a bug, and thrown on. */
export const refusalOf = (error: unknown): { readonly problem: string; readonly status: number } => {
  if (!(error instanceof Problem)) throw error
  return { problem: error.message, status: error.status }
}
