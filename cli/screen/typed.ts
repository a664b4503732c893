import type { Pressed } from "./pressed.ts"
import type { Row } from "./row.ts"

export type Typed = { readonly text: string; readonly end: "kept" | "dropped" | undefined }

/** What a key makes of a line that is typed: enter keeps it, esc drops it. */
export const typedBy = (text: string, key: Pressed, max_chars: number): Typed => {
  if (key === "open") return { text, end: "kept" }
  if (key === "escape") return { text: "", end: "dropped" }
  if (key === "erase") return { text: [...text].slice(0, -1).join(""), end: undefined }
  const isText = [...key].length === 1 && !/\p{C}/u.test(key) && [...text].length < max_chars
  return { text: isText ? text + key : text, end: undefined }
}

export const typedRow = (before: string, text: string): Row => ({
  segments: [{ text: `${before}${text}` }, { text: "▏", style: "yellow" }],
})
