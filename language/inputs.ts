import { boundFaults } from "./bounds.ts"
import { canonicalJson } from "./canonical-json.ts"
import { ExpressionError, interpolate } from "./expressions.ts"
import { describe, type Fault } from "./fault.ts"
import { articles, fits, misfits } from "./fits.ts"
import type { Fragment } from "./fragment.ts"
import { limits } from "./limits.ts"
import type { Definition, Input } from "./schema.ts"

export type InputError = { readonly path: string; readonly message: string }

export type CheckedInputs =
  | { readonly ok: true; readonly values: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly errors: readonly InputError[] }

type Inputs = Readonly<Pick<Definition, "inputs">>

/**
 * Every declared input has a value afterwards: what was given, else the default, else null. `now` is
 * what a default such as `${{ today() }}` is evaluated at.
 */
export const checkInputs = (definition: Inputs, given: unknown, now?: Date): CheckedInputs => {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given))) {
    return refused([{ path: [], message: "inputs must be a mapping of names to values" }])
  }
  const faults = boundFaults(given ?? {})
  if (faults.length > 0) return refused(faults)
  const declared = declaredInputs(definition)
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given ?? {})) {
    const input = declared.get(name)
    const found = input ? misfits(fragmentOf(input), value, [name]) : [unknownInput(name, declared)]
    faults.push(...found)
    if (found.length === 0) values[name] = value
  }
  for (const [name, input] of declared) {
    if (Object.hasOwn(given ?? {}, name)) continue
    if (input.default === undefined && input.required) {
      faults.push({ path: [name], message: `\`${name}\` is required` })
    } else if (hasExpression(input.default)) {
      const usual = evaluated(input, name, now)
      if (usual.ok) values[name] = usual.value
      else faults.push(...usual.faults)
    } else values[name] = input.default ?? null
  }
  if (faults.length > 0) return refused(faults)
  if (canonicalJson(values).length > limits.max_inputs_bytes) {
    return refused([{ path: [], message: `inputs have at most ${limits.max_inputs_bytes} characters` }])
  }
  return { ok: true, values }
}

/** Reads `key=value` pairs by the declared types. Lists and mappings are JSON. `checkInputs` comes after. */
export const parseInputs = (definition: Inputs, pairs: readonly string[]): CheckedInputs => {
  const declared = declaredInputs(definition)
  const faults: Fault[] = []
  const values: Record<string, unknown> = {}
  for (const pair of pairs) {
    const split = pair.indexOf("=")
    const name = split < 0 ? pair : pair.slice(0, split)
    const input = declared.get(name)
    if (split < 1)
      faults.push({ path: [], message: `\`${pair.slice(0, 100)}\` is not written like key=value` })
    else if (!input) faults.push(unknownInput(name, declared))
    else if (Object.hasOwn(values, name)) faults.push({ path: [name], message: `\`${name}\` is given twice` })
    else {
      const read = readAs(input.type, pair.slice(split + 1))
      if (read.ok) values[name] = read.value
      else faults.push({ path: [name], message: `must be ${articles[input.type]}` })
    }
  }
  return faults.length > 0 ? refused(faults) : { ok: true, values }
}

/** What is wrong with the defaults and enums that a definition declares. */
export const declarationFaults = (inputs: Readonly<Record<string, Input>>): Fault[] => {
  const faults: Fault[] = []
  const count = Object.keys(inputs).length
  if (count > limits.max_inputs) {
    faults.push({ path: ["inputs"], message: `${count} inputs; there are at most ${limits.max_inputs}` })
  }
  for (const [name, input] of Object.entries(inputs)) {
    for (const [index, value] of (input.enum ?? []).entries()) {
      if (!fits(input.type, value)) {
        faults.push({ path: ["inputs", name, "enum", index], message: `must be ${articles[input.type]}` })
      }
    }
    if (input.default === undefined || hasExpression(input.default)) continue
    faults.push(...misfits(fragmentOf(input), input.default, ["inputs", name, "default"]))
  }
  return faults
}

const refused = (faults: readonly Fault[]): CheckedInputs => ({
  ok: false,
  errors: faults.slice(0, limits.max_errors).map((fault) => {
    const { path, message } = describe(fault)
    return { path, message }
  }),
})

const declaredInputs = (definition: Inputs): ReadonlyMap<string, Input> =>
  new Map(Object.entries(definition.inputs ?? {}))

/** An input's own words as JSON Schema has them. */
export const fragmentOf = ({ required, default: _, ...fragment }: Input): Fragment => ({
  ...fragment,
  ...(Array.isArray(required) && { required }),
})

const hasExpression = (value: unknown): boolean => JSON.stringify(value ?? null).includes("${{")

type Evaluated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly faults: readonly Fault[] }

const evaluated = (input: Input, name: string, now: Date | undefined): Evaluated => {
  try {
    const value = interpolate(input.default, now ? { now: now.toISOString() } : {})
    const faults = misfits(fragmentOf(input), value, [name])
    return faults.length > 0 ? { ok: false, faults } : { ok: true, value }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return {
      ok: false,
      faults: [{ path: [name], message: `its default can't be evaluated: ${error.message}` }],
    }
  }
}

const unknownInput = (name: string, declared: ReadonlyMap<string, Input>): Fault => ({
  path: [name],
  message: `unknown input \`${name.slice(0, 100)}\``,
  word: name,
  known: declared.keys(),
})

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const readAs = (type: Input["type"], text: string): Read => {
  if (type === "string") return { ok: true, value: text }
  try {
    const value: unknown = JSON.parse(text)
    return fits(type, value) ? { ok: true, value } : { ok: false }
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false }
    throw error
  }
}
