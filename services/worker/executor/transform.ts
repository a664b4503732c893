import { z } from "zod"
import { limits } from "#language/limits.ts"
import type { Executor } from "./executor.ts"
import { payloadOf } from "./payload.ts"

const max_operations = 20
const max_fields = 100

const fields = z.array(z.string()).max(max_fields)

const operation = z.union([
  z.enum(["uppercase", "lowercase", "trim", "reverse", "sort", "unique", "count"]),
  z.strictObject({ pick: fields }),
  z.strictObject({ omit: fields }),
])

const schema = z.looseObject({
  data: z.unknown().optional(),
  operations: z.array(operation).max(max_operations).default([]),
})

type Operation = z.infer<typeof operation>

/** Applies the operations to the data, one after the other; without any the data comes back as it is. */
export const transform: Executor = async (execution) => {
  const given = payloadOf(schema, execution)
  if (!given.ok) return given
  let { data = null } = given.payload
  for (const each of given.payload.operations) data = apply(each, data)
  if (JSON.stringify(data).length <= limits.max_outputs_bytes) return { ok: true, outputs: { data } }
  const message = `The result has more than ${limits.max_outputs_bytes} characters.`
  return { ok: false, non_retryable: true, error: { code: "outputs.too_large", message } }
}

const apply = (operation: Operation, data: unknown): unknown => {
  if (typeof operation === "string") return changes[operation](data)
  return "pick" in operation ? kept(data, operation.pick, true) : kept(data, operation.omit, false)
}

/** Of text, and of each text in a list or object; whatever else there is stays as it is. */
const ofTexts =
  (change: (text: string) => string) =>
  (data: unknown): unknown => {
    if (typeof data === "string") return change(data)
    if (Array.isArray(data)) return data.map(ofTexts(change))
    return isObject(data)
      ? Object.fromEntries(Object.entries(data).map(([name, value]) => [name, ofTexts(change)(value)]))
      : data
  }

const ofLists =
  (change: (list: readonly unknown[]) => unknown) =>
  (data: unknown): unknown =>
    Array.isArray(data) ? change(data) : data

const byText = (one: unknown, other: unknown): number => {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)]
  if (first === second) return 0
  return first < second ? -1 : 1
}

const byOrder = (one: unknown, other: unknown): number =>
  typeof one === "number" && typeof other === "number" ? one - other : byText(one, other)

const unique = (list: readonly unknown[]): readonly unknown[] => [
  ...new Map(list.map((item) => [JSON.stringify(item), item])).values(),
]

const changes = {
  uppercase: ofTexts((text) => text.toUpperCase()),
  lowercase: ofTexts((text) => text.toLowerCase()),
  trim: ofTexts((text) => text.trim()),
  reverse: (data: unknown) =>
    typeof data === "string" ? [...data].reverse().join("") : ofLists((list) => list.toReversed())(data),
  sort: ofLists((list) => list.toSorted(byOrder)),
  unique: ofLists(unique),
  count: (data: unknown) => {
    if (typeof data === "string" || Array.isArray(data)) return data.length
    return isObject(data) ? Object.keys(data).length : 1
  },
} as const satisfies Record<Extract<Operation, string>, (data: unknown) => unknown>

const isObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null && !Array.isArray(data)

/** The fields that are named, or all others; of each object, where there is a list of them. */
const kept = (data: unknown, names: readonly string[], are_wanted: boolean): unknown => {
  if (Array.isArray(data)) return data.map((item) => kept(item, names, are_wanted))
  if (!isObject(data)) return data
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name) === are_wanted))
}
