import { z } from "@hono/zod-openapi"
import { isClean } from "#language/bounds.ts"

const max_key_chars = 255

export const keyText = z.string().min(1).max(max_key_chars).refine(isClean, "has a character that is refused")

export const keyHeader = z.object({ "idempotency-key": keyText.optional() })
