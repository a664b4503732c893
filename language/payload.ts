import { isClean } from "./bounds.ts"

export const max_payload_bytes = 1024 * 1024
const max_payload_depth = 64

type Visit = { readonly value: unknown; readonly depth: number }

/** What is wrong with a payload, whatever its job makes of it; walks without recursion. */
export const payloadFault = (payload: unknown): string | undefined => {
  const open: Visit[] = [{ value: payload, depth: 0 }]
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { value, depth } = visit
    if (typeof value === "string" && !isClean(value)) return "contains a NUL or half of a surrogate pair"
    if (typeof value === "number" && !Number.isFinite(value)) return "contains a number that is too large"
    if (typeof value !== "object" || value === null) continue
    if (depth >= max_payload_depth) return `is nested deeper than ${max_payload_depth}`
    for (const key of Object.keys(value)) {
      if (key === "__proto__") return "has a key `__proto__`, which is refused"
      if (!isClean(key)) return "has a key with a NUL or half of a surrogate pair"
      open.push({ value: Reflect.get(value, key), depth: depth + 1 })
    }
  }
  return undefined
}

const max_bytes_per_unit = 3

export const isTooLarge = (text: string): boolean =>
  text.length > max_payload_bytes ||
  (text.length * max_bytes_per_unit > max_payload_bytes &&
    new TextEncoder().encode(text).byteLength > max_payload_bytes)
