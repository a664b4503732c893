import { Problem } from "#kernel/problem/problem.ts"

const isJson = (content_type: string | null): boolean =>
  content_type === "application/json" ||
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(content_type ?? "")

/** A body of JSON and its text, for a path that has to be fast and looks at its request by hand. */
export const bodyOf = async (request: Request): Promise<{ value: unknown; text: string }> => {
  if (!isJson(request.headers.get("content-type"))) throw new Problem("request.media_type")
  const text = await request.text()
  try {
    return { value: JSON.parse(text), text }
  } catch (error) {
    throw new Problem("request.malformed", { cause: error })
  }
}
