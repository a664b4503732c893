import { z } from "zod"
import type { inputSchema } from "#language/schema.ts"
import { plain } from "./plain.ts"

type Fragment = z.input<typeof inputSchema>

/** As in a file, or an object of zod. */
export type GivenInputs = z.ZodObject | { readonly [name: string]: Fragment }

type ByType = {
  readonly string: string
  readonly integer: number
  readonly number: number
  readonly boolean: boolean
  readonly object: Readonly<Record<string, unknown>>
  readonly array: readonly unknown[]
}

type ValueOf<Given> = Given extends { items: { type: infer Type extends keyof ByType } }
  ? readonly ByType[Type][]
  : Given extends { type: infer Type extends keyof ByType }
    ? ByType[Type]
    : unknown

/** What expressions find under `inputs`. */
export type InputsOf<Given> = Given extends z.ZodObject
  ? z.output<Given>
  : { readonly [Name in keyof Given & string]: ValueOf<Given[Name]> }

const isZod = (given: GivenInputs): given is z.ZodObject => given instanceof z.ZodType

/** Inputs as a definition has them. */
export const inputsFrom = (given: GivenInputs): Record<string, unknown> => {
  if (!isZod(given)) return plain(given, "inputs") as Record<string, unknown>
  const { properties = {}, required = [] } = z.toJSONSchema(given, { io: "input", unrepresentable: "throw" })
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      { ...(fragmentOf(property) as object), ...(required.includes(name) && { required: true }) },
    ]),
  )
}

const not_said: ReadonlySet<string> = new Set(["$schema", "pattern"])

/** Of a format zod writes the pattern, too; and of a whole number the bounds of what JavaScript can count. */
const fragmentOf = (property: unknown): unknown => {
  if (Array.isArray(property)) return property.map(fragmentOf)
  if (typeof property !== "object" || property === null) return property
  const entries = Object.entries(property).filter(
    ([key, value]) =>
      !(not_said.has(key) && (key !== "pattern" || "format" in property)) && !isSafeBound(value),
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, fragmentOf(value)]))
}

const isSafeBound = (value: unknown): boolean =>
  value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER
