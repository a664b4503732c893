import { z } from "zod"
import { placeAsText, placeOfText } from "./place-text.ts"

/** Where a search has come to: the latest chunks come first, and of a chunk the last lines. */
const positionShape = z.strictObject({
  arrived: z.number(),
  id: z.string().max(100),
  /** Lines before this one are still to come. */
  line: z.number().int(),
})

export type Position = z.infer<typeof positionShape>

export const positionText = ({ arrived, id, line }: Position): string => placeAsText({ arrived, id, line })

export const readPosition = (text: string): Position =>
  placeOfText(
    positionShape,
    text,
    "Use the `next_cursor` of a search, or the `cursor` of a line that it found.",
  )
