import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"

/** Where a search has come to: the latest chunks come first, and of a chunk the last lines. */
const positionShape = z.strictObject({
  arrived: z.number(),
  id: z.string().max(100),
  /** Lines before this one are still to come. */
  line: z.number().int(),
})

export type Position = z.infer<typeof positionShape>

export const positionText = ({ arrived, id, line }: Position): string =>
  Buffer.from(JSON.stringify({ arrived, id, line })).toString("base64url")

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString())
  } catch {
    return undefined
  }
}

export const readPosition = (text: string): Position => {
  const { success, data } = positionShape.safeParse(parsed(text))
  if (success) return data
  const message = "Use the `next_cursor` of a search, or the `cursor` of a line that it found."
  throw new Problem("request.invalid", {
    detail: `cursor: ${message}`,
    errors: [{ path: "cursor", message }],
  })
}
