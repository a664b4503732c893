import type { Environment } from "@marcbachmann/cel-js"
import { boundFaults } from "./bounds.ts"
import { canonicalJson } from "./canonical-json.ts"
import { toCel, toJson } from "./cel-values.ts"
import { dateFunctions } from "./date-functions.ts"
import { describe } from "./fault.ts"
import { limits } from "./limits.ts"
import { weightOf } from "./meter.ts"

/** A signature of CEL and what it does. Arguments have been checked against it; whole numbers are bigints. */
type Functions = Readonly<Record<string, (...given: never[]) => unknown>>

const textFunctions = {
  "string.replace(string, string): string": (text: string, old: string, fresh: string) => {
    if (old === "") return text
    const parts = text.split(old)
    bounded(text.length + (parts.length - 1) * fresh.length)
    return parts.join(fresh)
  },
  "string.lines(): list<string>": (text: string) =>
    text.split(/\r?\n/).filter((line, index, all) => line !== "" || index < all.length - 1),
  "string.slug(): string": (text: string) =>
    text
      .normalize("NFKD")
      .replaceAll(/\p{M}/gu, "")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, ""),
  "string.truncate(int): string": (text: string, size: bigint) =>
    [...text].slice(0, Math.max(0, Number(size))).join(""),
  "string.padStart(int, string): string": (text: string, size: bigint, fill: string) => {
    bounded(Number(size))
    return text.padStart(Number(size), fill)
  },
  "urlEncode(string): string": (text: string) => encodeURIComponent(text),
} satisfies Functions

const listFunctions = {
  "list<dyn>.first(): dyn": (list: readonly unknown[]) => present(list, list[0]),
  "list<dyn>.last(): dyn": (list: readonly unknown[]) => present(list, list.at(-1)),
  "list<dyn>.slice(int, int): list<dyn>": (list: readonly unknown[], from: bigint, to: bigint) =>
    list.slice(Number(from), Number(to)),
  "list<dyn>.reverse(): list<dyn>": (list: readonly unknown[]) => list.toReversed(),
  "list<dyn>.sort(): list<dyn>": (list: readonly unknown[]) => list.toSorted(byValue),
  "list<dyn>.distinct(): list<dyn>": (list: readonly unknown[]) => [
    ...new Map(list.map((item) => [canonicalJson(toJson(item)), item])).values(),
  ],
  "list<dyn>.flatten(): list<dyn>": (list: readonly unknown[]) => {
    bounded(list.reduce((size: number, item) => size + (Array.isArray(item) ? item.length : 1), 0))
    return list.flat()
  },
  "list<dyn>.chunk(int): list<dyn>": (list: readonly unknown[], size: bigint) => {
    const width = Number(size)
    if (width < 1) throw new Error("a chunk has at least one value")
    return Array.from({ length: Math.ceil(list.length / width) }, (_, index) =>
      list.slice(index * width, (index + 1) * width),
    )
  },
  "list<dyn>.sum(): dyn": (list: readonly unknown[]) => list.map(numeric).reduce(plus, 0n),
  "list<dyn>.min(): dyn": (list: readonly unknown[]) => present(list, list.toSorted(byValue)[0]),
  "list<dyn>.max(): dyn": (list: readonly unknown[]) => present(list, list.toSorted(byValue).at(-1)),
  "range(int): list<int>": (end: bigint) => range(0n, end),
  "range(int, int): list<int>": (start: bigint, end: bigint) => range(start, end),
  "keys(map<string, dyn>): list<string>": (map: object) => entriesOf(map).map(([key]) => key),
  "values(map<string, dyn>): list<dyn>": (map: object) => entriesOf(map).map(([, value]) => value),
  "coalesce(dyn, dyn): dyn": (first: unknown, second: unknown) => first ?? second,
} satisfies Functions

const jsonFunctions = {
  "toJson(dyn): string": (value: unknown) => {
    bounded(weightOf(value))
    return JSON.stringify(toJson(value))
  },
  "fromJson(string): dyn": (text: string) => {
    const value = parsed(text)
    const [fault] = boundFaults(value)
    if (fault) throw new Error(`this JSON is refused: ${describe(fault).message}`)
    return toCel(value)
  },
} satisfies Functions

/** What of these looks at everything inside of what it is given, and is to be counted so. */
export const deepFunctions: ReadonlySet<string> = new Set([
  "toJson",
  "distinct",
  "sort",
  "min",
  "max",
  "slug",
])

/** These make new lists. */
export const makers: ReadonlySet<string> = new Set([
  ...[
    "range",
    "chunk",
    "slice",
    "flatten",
    "reverse",
    "sort",
    "distinct",
    "lines",
    "split",
    "keys",
    "values",
  ],
])

export const withFunctions = (environment: Environment): Environment => {
  const all: Functions = { ...textFunctions, ...listFunctions, ...jsonFunctions, ...dateFunctions }
  for (const [signature, handler] of Object.entries(all)) environment.registerFunction(signature, handler)
  return environment
}

const bounded = (size: number): void => {
  if (size > limits.max_result_bytes) throw new Error(`a value grew beyond ${limits.max_result_bytes}`)
}

const present = (list: readonly unknown[], value: unknown): unknown => {
  if (list.length === 0) throw new Error("the list is empty")
  return value
}

const range = (start: bigint, end: bigint): bigint[] => {
  const size = Math.max(0, Number(end - start))
  if (size > limits.max_items) throw new Error(`a range has at most ${limits.max_items} numbers`)
  return Array.from({ length: size }, (_, index) => start + BigInt(index))
}

const numeric = (value: unknown): number | bigint => {
  if (typeof value === "number" || typeof value === "bigint") return value
  throw new Error("only numbers can be added up")
}

const plus = (one: number | bigint, other: number | bigint): number | bigint =>
  typeof one === "bigint" && typeof other === "bigint" ? one + other : Number(one) + Number(other)

const byValue = (one: unknown, other: unknown): number => {
  if (typeof one === "string" && typeof other === "string") return one < other ? -1 : Number(one > other)
  const [left, right] = [numeric(one), numeric(other)]
  return left < right ? -1 : Number(left > right)
}

const entriesOf = (map: object): [string, unknown][] =>
  map instanceof Map ? [...map.entries()] : Object.entries(map)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error("this is no valid JSON")
    throw error
  }
}
