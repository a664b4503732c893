import { isClean } from "#language/bounds.ts"
import { isJobType } from "#language/words.ts"
import { max_name_chars } from "../workflow/shape.ts"
import { max_steps, type StartSequence } from "./shape.ts"

type Step = StartSequence["steps"][number]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isName = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= max_name_chars && isClean(value)

const isStep = (value: unknown): value is Step => {
  if (!isObject(value)) return false
  for (const key of Object.keys(value))
    if (key !== "name" && key !== "type" && key !== "payload") return false
  const { name, type } = value
  return isName(name) && typeof type === "string" && isJobType(type)
}

const isPlain = (value: unknown): value is StartSequence => {
  if (!isObject(value)) return false
  for (const key of Object.keys(value)) if (key !== "name" && key !== "steps") return false
  const { name, steps } = value
  if (!isName(name) || !Array.isArray(steps) || steps.length === 0 || steps.length > max_steps) return false
  return steps.every(isStep)
}

/**
 * A sequence as nearly everybody writes it, which the shape would take as it is: to ask the shape costs many times as much. Whatever
 * is written otherwise is the shape's to judge.
 */
export const plainSequence = (value: unknown): StartSequence | undefined =>
  isPlain(value) ? value : undefined
