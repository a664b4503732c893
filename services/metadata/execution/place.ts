import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"

/** Where a list has come to: what goes on comes first, then what has ended; both the latest first. */
const placeShape = z.strictObject({
  open: z.boolean(),
  at: z.number(),
  /** Of those of the same time the ones before this are still to come; none where it is empty. */
  id: z.string().max(100),
})

export type Place = z.infer<typeof placeShape>

export const placeText = ({ open, at, id }: Place): string =>
  Buffer.from(JSON.stringify({ open, at, id })).toString("base64url")

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString())
  } catch {
    return undefined
  }
}

export const readPlace = (text: string): Place => {
  const { success, data } = placeShape.safeParse(parsed(text))
  if (success) return data
  const message = "Use the `next_cursor` of a page that was asked for with the same filters."
  throw new Problem("request.invalid", {
    detail: `cursor: ${message}`,
    errors: [{ path: "cursor", message }],
  })
}
