import { z } from "@hono/zod-openapi"
import { invalidRequest } from "./invalid.ts"

const max_key_chars = 255

export const keyText = z
  .string()
  .min(1)
  .max(max_key_chars)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "has a character that is refused")

export const keyHeader = z.object({ "idempotency-key": keyText.optional() })

/** The header's key, for a path that looks at its request by hand. */
export const keyOf = ({ headers }: Request): string | undefined => {
  const given = headers.get("idempotency-key")
  if (given === null) return undefined
  const { success, data, error } = keyText.safeParse(given)
  if (success) return data
  throw invalidRequest({
    issues: error.issues.map(({ message }) => ({ path: ["idempotency-key"], message })),
  })
}
