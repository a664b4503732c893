import type { Fault, Path } from "./fault.ts"
import { limits } from "./limits.ts"

type Visit = { readonly value: unknown; readonly path: Path }

/**
 * What no part of a definition may have, whatever its schema. It stops at the first finding that
 * makes looking further unsafe, and walks without recursion.
 */
export const boundFaults = (root: unknown): Fault[] => {
  const faults: Fault[] = []
  const open: Visit[] = [{ value: root, path: [] }]
  let seen = 0
  let size = 0
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { value, path } = visit
    seen += 1
    size += typeof value === "string" ? value.length : 1
    if (seen > limits.max_values) return [{ path: [], message: `more than ${limits.max_values} values` }]
    if (size > limits.max_definition_bytes) return [tooLarge]
    if (path.length > limits.max_depth) return [{ path, message: `nested deeper than ${limits.max_depth}` }]
    if (typeof value === "string" && !isClean(value)) faults.push({ path, message: unclean })
    if (typeof value === "object" && value !== null) size += enter({ value, path }, open, faults)
    else if (!isPlain(value)) faults.push({ path, message: "this is no JSON value" })
  }
  return faults.reverse()
}

const unclean = "contains a NUL or half of a surrogate pair"

export const tooLarge: Fault = {
  path: [],
  message: `a workflow has at most ${limits.max_definition_bytes} bytes`,
}

/** Notes what is inside, and answers how large its keys are. */
const enter = ({ value, path }: Visit & { value: object }, open: Visit[], faults: Fault[]): number => {
  let size = 0
  for (const key of Object.keys(value)) {
    const inner: Path = [...path, Array.isArray(value) ? Number(key) : key]
    size += key.length
    if (key === "__proto__")
      faults.push({ path: inner, on_key: true, message: "the key `__proto__` is refused" })
    else if (!isClean(key)) faults.push({ path: inner, on_key: true, message: `a key ${unclean}` })
    open.push({ value: Reflect.get(value, key), path: inner })
  }
  return size
}

export const isClean = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

const isPlain = (value: unknown): boolean => {
  if (value === null || value === undefined || typeof value === "string") return true
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
}
