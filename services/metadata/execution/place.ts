import { z } from "zod"
import { placeAsText, placeOfText } from "../log/place-text.ts"

/** Where a list has come to: what goes on comes first, then what has ended; both the latest first. */
const placeShape = z.strictObject({
  open: z.boolean(),
  at: z.number(),
  /** Of those of the same time the ones before this are still to come; none where it is empty. */
  id: z.string().max(100),
})

export type Place = z.infer<typeof placeShape>

export const placeText = ({ open, at, id }: Place): string => placeAsText({ open, at, id })

export const readPlace = (text: string): Place =>
  placeOfText(placeShape, text, "Use the `next_cursor` of a page that was asked for with the same filters.")
