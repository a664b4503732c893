import { expect, test } from "bun:test"
import { stringify } from "yaml"
import { digest } from "#language/canonical.ts"
import { checkDefinition } from "#language/check.ts"
import { parseWorkflow } from "#language/parse.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { randomFrom } from "#language/testing/random.ts"
import { decompile } from "./decompile.ts"
import { randomDefinition } from "./definitions.ts"

const seeds = Array.from({ length: 300 }, (_, seed) => seed)

const read = (value: unknown): Definition => {
  const parsed = parseWorkflow(stringify(value, { aliasDuplicateObjects: false }))
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.errors.slice(0, 3))}\n${stringify(value)}`)
  return parsed.definition
}

test("a file, its plan and a file made of that plan mean the same", () => {
  for (const seed of seeds) {
    const plan = compile(read(randomDefinition(seed)))
    expect({ seed, plan: compile(read(decompile(plan))) }).toEqual({ seed, plan })
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  }
})

/** The same in another order. */
const shuffled = (value: unknown, random: () => number): unknown => {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random))
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, shuffled(inner, random), random()] as const,
  )
  return Object.fromEntries(
    entries.sort(([, , one], [, , other]) => one - other).map(([key, inner]) => [key, inner]),
  )
}

test("the order of a file's keys changes neither its plan nor its digest, and YAML and JSON agree", async () => {
  for (const seed of seeds.slice(0, 100)) {
    const given = randomDefinition(seed)
    const definition = read(given)
    const other = checkDefinition(shuffled(given, randomFrom(seed + 1)))
    if (!other.ok) throw new Error(JSON.stringify(other.errors))
    expect(compile(other.definition)).toEqual(compile(definition))
    expect(await digest(other.definition)).toBe(await digest(definition))
    expect(read(JSON.parse(JSON.stringify(given)))).toEqual(definition)
  }
})

test("definitions with another plan have another digest", async () => {
  const seen = new Map<string, string>()
  for (const seed of seeds) {
    const definition = read(randomDefinition(seed))
    const plan = JSON.stringify(compile(definition))
    const key = await digest(definition)
    expect(seen.get(key) ?? plan).toBe(plan)
    seen.set(key, plan)
  }
})
