import { expressionOf } from "./ref.ts"

/** What stands in a definition for a value: references as the text that they are. */
export const plain = (value: unknown, path: string): unknown => {
  const text = expressionOf(value)
  if (text !== undefined) return `\${{ ${text} }}`
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value
  if (Array.isArray(value)) return value.map((one, index) => plain(one, `${path}[${index}]`))
  if (isMapping(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
    return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, `${path}.${key}`)]))
  }
  const kind = typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value
  throw new TypeError(`${path} is a ${kind}, which a workflow can't hold: give JSON values or references`)
}

const isMapping = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
