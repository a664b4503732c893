import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { checkDefinition } from "./check.ts"
import { ExpressionError, evaluate } from "./expressions.ts"
import { parseWorkflow } from "./parse.ts"
import { compile } from "./plan.ts"
import { randomFrom } from "./testing/random.ts"

const folder = join(import.meta.dir, "../examples")

const examples = readdirSync(folder)
  .filter((name) => name.endsWith(".yml"))
  .map((name) => readFileSync(join(folder, name), "utf8"))

const rich = `
name: rich
inputs: { day: { type: string, default: "\${{ today() }}" }, list: { type: array, items: { type: string } } }
secrets: [A]
schedule: [{ cron: "0 3 * * 1-5", timezone: Europe/Berlin, inputs: { day: mon } }]
triggers: [{ type: webhook, if: "trigger.body.x == 1" }]
tasks:
  a: { run: "echo \${{ inputs.day }}", outputs: [rows] }
  b: { needs: [a], if: tasks.a.outputs.rows > 0, for_each: "\${{ inputs.list }}", uses: http, with: { url: "https://x.test/\${{ item }}" } }
  c: { needs: [a], matrix: { os: [x, y], exclude: [{ os: x }] }, run: "echo \${{ matrix.os }}" }
  d: { uses: approval, with: { roles: [admin], timeout: 1h, remind_before: 5m } }
on_failure: { e: { run: echo } }
finally: { f: { run: "echo \${{ tasks.a.status }}" } }
`

const pieces = [
  ...[
    "${{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "\t",
    "  ",
    "&a ",
    "*a",
    "<<: ",
    "!!js/function ",
    "? ",
    "| ",
  ],
  ...[
    "---\n",
    "'",
    '"',
    "#",
    "\\",
    "%",
    "@",
    "`",
    "\u0000",
    "\ud800",
    "\u2028",
    "é",
    "\u202e",
    "null",
    "true",
    "1e999",
  ],
  ...[
    "__proto__",
    "constructor",
    "tasks.a.outputs",
    "inputs",
    ".map(x, x)",
    "needs",
    "for_each",
    "9".repeat(40),
  ],
]

const mutated = (text: string, random: () => number): string => {
  let result = text
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const at = Math.floor(random() * result.length)
    const piece = pieces[Math.floor(random() * pieces.length)] ?? ""
    const gone = random() < 0.5 ? 0 : Math.floor(random() * 12)
    result = result.slice(0, at) + piece + result.slice(at + gone)
  }
  return result
}

const hold = (text: string): void => {
  const parsed = parseWorkflow(text)
  if (parsed.ok) {
    compile(parsed.definition)
    return
  }
  expect(parsed.errors.length).toBeGreaterThan(0)
  const lines = text.split("\n").length
  for (const { message, line, column } of parsed.errors) {
    expect(message).not.toMatch(/undefined|\[object|Invalid input/)
    expect([line >= 1 && line <= lines + 1, column >= 1]).toEqual([true, true])
  }
}

test("whatever is done to a file, it is read or its faults are named, and nothing is thrown", () => {
  for (let seed = 0; seed < 1_500; seed++) {
    const random = randomFrom(seed)
    const text = [...examples, rich][seed % (examples.length + 1)] ?? rich
    try {
      hold(mutated(text, random))
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`)
    }
  }
})

const values: readonly unknown[] = [
  null,
  1,
  -0.5,
  "",
  "x",
  "${{",
  "${{ a",
  true,
  [],
  [null],
  {},
  { a: 1 },
  [[]],
]

test("whatever stands in the place of a value of an object is refused or taken, and nothing is thrown", () => {
  const parsed = parseWorkflow(rich)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  const paths: (readonly string[])[] = []
  const walk = (value: unknown, path: readonly string[]) => {
    paths.push(path)
    if (typeof value !== "object" || value === null) return
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key])
  }
  walk(parsed.definition, [])
  for (const path of paths) {
    for (const value of values) judge(replaced(parsed.definition, path, value))
  }
})

const judge = (value: unknown): void => {
  const checked = checkDefinition(value)
  if (checked.ok) compile(checked.definition)
  else
    for (const { message } of checked.errors) expect(message).not.toMatch(/undefined|\[object|Invalid input/)
}

const replaced = (root: unknown, path: readonly string[], value: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined || typeof root !== "object" || root === null) return value
  if (Array.isArray(root))
    return root.map((item, index) => (String(index) === key ? replaced(item, rest, value) : item))
  return { ...root, [key]: replaced(Reflect.get(root, key), rest, value) }
}

const words = [
  ...[
    "inputs",
    "tasks",
    "a",
    ".",
    "(",
    ")",
    "[",
    "]",
    "+",
    "==",
    "'x'",
    "1",
    "1.5",
    ",",
    "?",
    ":",
    "null",
    "map",
    "!",
  ],
  ...[
    "constructor",
    "__proto__",
    "toJson",
    "sort",
    "now",
    "range",
    "&&",
    "in",
    "{",
    "}",
    '"',
    "\\",
    "-",
    "b'y'",
    "timestamp",
  ],
]

test("whatever an expression is made of, it has a value or says why not", () => {
  const context = { inputs: { a: [1, "x", null], b: { c: 1 } }, now: "2026-01-31T00:00:00Z" }
  for (let seed = 0; seed < 3_000; seed++) {
    const random = randomFrom(seed)
    const parts = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => words[Math.floor(random() * words.length)],
    )
    try {
      evaluate(parts.join(random() < 0.5 ? "" : " "), context)
    } catch (error) {
      expect([seed, error]).toEqual([seed, expect.any(ExpressionError)])
    }
  }
})
