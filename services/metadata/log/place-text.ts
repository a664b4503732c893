import type { z } from "zod"
import { invalidField } from "#kernel/http/invalid.ts"

/** Where a list has come to, as whoever asks on gives it back. */
export const placeAsText = (place: object): string => Buffer.from(JSON.stringify(place)).toString("base64url")

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString())
  } catch {
    return undefined
  }
}

export const placeOfText = <Shape extends z.ZodType>(
  shape: Shape,
  text: string,
  message: string,
): z.output<Shape> => {
  const { success, data } = shape.safeParse(parsed(text))
  if (success) return data
  throw invalidField("cursor", message)
}
