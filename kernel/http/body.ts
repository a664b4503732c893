import type { Context } from "hono"
import { Problem } from "#kernel/problem/problem.ts"
import type { AppEnvironment } from "./app.ts"

const isJson = (content_type: string | undefined): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(content_type ?? "")

/** A body of JSON and its text, for a path that has to be fast and looks at its request by hand. */
export const bodyOf = async (context: Context<AppEnvironment>): Promise<{ value: unknown; text: string }> => {
  if (!isJson(context.req.header("content-type"))) throw new Problem("request.media_type")
  const text = await context.req.text()
  try {
    return { value: JSON.parse(text), text }
  } catch (error) {
    throw new Problem("request.malformed", { cause: error })
  }
}
