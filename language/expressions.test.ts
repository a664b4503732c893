import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type ExpressionContext, ExpressionError, evaluate, interpolate } from "./expressions.ts"

const context: ExpressionContext = {
  inputs: {
    who: "you",
    count: 2,
    ratio: 0.5,
    list: [1, 2, 3],
    map: { a: { b: true } },
    none: null,
    long: "x".repeat(200_000),
  },
  env: { REGION: "eu" },
  tasks: { "build-it": { status: "completed", outputs: { files: ["a", "b"] } } },
  run: { id: "r1", workflow: "flow", version: 3 },
}

describe("an expression", () => {
  test.each<[string, unknown]>([
    ["inputs.who", "you"],
    ["inputs.count + 1", 3],
    ["inputs.ratio * 4", 2],
    ["inputs.count * inputs.ratio", 1],
    ["inputs.list.map(x, x * 2)", [2, 4, 6]],
    ["inputs.list.filter(x, x > inputs.count)", [3]],
    ["inputs.map.a.b ? 'yes' : 'no'", "yes"],
    ["inputs.none == null", true],
    ["env.REGION + '-' + run.workflow + string(run.version)", "eu-flow3"],
    ['tasks["build-it"].outputs.files.join(",")', "a,b"],
    ["has(inputs.nope)", false],
    ["size(inputs)", 7],
    ["{'a': {'b': 1}}.a", { b: 1 }],
    ["9007199254740993", "9007199254740993"],
  ])("%s", (text, value) => expect(evaluate(text, context)).toEqual(value))

  test.each([
    "inputs.nope",
    "inputs.constructor",
    "inputs.__proto__",
    "inputs['__proto__']",
    "inputs.who.constructor",
    "inputs.list.constructor",
    "''.constructor.constructor('return process')()",
    "constructor",
    "globalThis",
    "process.env",
    "this",
    "toString",
    "inputs.toString()",
    "b'x'.constructor",
  ])("%s reaches nothing", (text) => expect(() => evaluate(text, context)).toThrow(ExpressionError))

  test.each([
    `[1,2,3].map(a, ${"inputs.list.map(b, ".repeat(14)}1${")".repeat(14)})`,
    `[inputs.long]${".map(a, a + a)".repeat(20)}`,
    `[[1]]${".map(a, a + a)".repeat(40)}`,
    "inputs.long.split('').map(x, inputs.long.split('').exists(y, y == 'y'))",
    "inputs.long.split('x').join(inputs.long)",
    "inputs.long + inputs.long",
    `${"(".repeat(1_000)}1${")".repeat(1_000)}`,
  ])("%# that would never end or grow without bound is stopped", (text) => {
    expect(() => evaluate(text, context)).toThrow(ExpressionError)
  })
})

describe("interpolation", () => {
  test("keeps the type of a text that is one expression", () => {
    expect(interpolate({ a: ["${{ inputs.list }}", 1], b: "${{ inputs.count }}" }, context)).toEqual({
      a: [[1, 2, 3], 1],
      b: 2,
    })
  })

  test("makes text of anything else", () => {
    expect(interpolate(" ${{ inputs.count }}${{ inputs.map }}${{ inputs.none }}!", context)).toBe(
      ' 2{"a":{"b":true}}!',
    )
  })

  test("isn't ended by the braces and quotes of the expression", () => {
    expect(interpolate("${{ {'a': {'b': '}}'}}.a.b }}", context)).toBe("}}")
  })

  test("leaves what is escaped", () => {
    expect(interpolate("$${{ inputs.who }} ${{ inputs.who }}", context)).toBe("${{ inputs.who }} you")
  })

  test("doesn't read a value as a template", () => {
    expect(interpolate("${{ inputs.who }}", { inputs: { who: "${{ run.id }}" } })).toBe("${{ run.id }}")
  })
})

describe("docs/expressions.md", () => {
  const text = readFileSync(join(import.meta.dir, "../docs/expressions.md"), "utf8")
  const [, values = "{}"] = /```json\n([\s\S]*?)```/.exec(text) ?? []
  const shown = [...text.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\|$/gm)].map(([, from = "", to = ""]) => [
    from,
    to,
  ])

  test("shows what can be tried", () => expect(shown.length).toBeGreaterThan(80))

  test.each(shown)("%s is %s, as it says", (expression = "", value = "") => {
    expect(evaluate(expression, JSON.parse(values))).toEqual(JSON.parse(value))
  })
})

describe("functions", () => {
  test.each([
    ["toJson([inputs.long].map(a, [a, a]))", "grew beyond"],
    [`toJson([[1]]${".map(a, [a, a])".repeat(30)})`, "steps"],
    [`toJson([[1]]${".map(a, [a, a])".repeat(20)})`, "grew beyond"],
    [`[[1]]${".map(a, [a, a])".repeat(30)}`, "more than 262144"],
    ["inputs.long.replace('x', inputs.long)", "grew beyond"],
    ["'x'.padStart(999999999, 'y')", "grew beyond"],
    ["range(0, 1000000000)", "at most 10000"],
    ["range(10000).map(a, range(10000)).flatten()", "steps"],
    ["range(10000).map(a, range(1000).map(b, range(1000)))", "steps"],
    ["range(5000).map(a, range(5000) + range(5000))", "steps"],
    ["[].first()", "the list is empty"],
    ["[1, 'a'].sum()", "only numbers"],
    ["[1].chunk(0)", "at least one"],
    ["fromJson('{')", "no valid JSON"],
    ["fromJson('{\"__proto__\": 1}')", "`__proto__` is refused"],
    [`fromJson('${"[".repeat(100)}${"]".repeat(100)}')`, "nested deeper"],
    ["date('2026-01-31', 'Nowhere/City')", "unknown time zone"],
    ["addDays('2026-01-31', 999999999)", "no time between"],
    ["date('soon')", "no time between"],
    ["now()", "the time is not known here"],
  ])("%s fails: %s", (expression, message) => {
    expect(() => evaluate(expression, context)).toThrow(message)
  })

  test("reach nothing by a name that objects have", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(evaluate(`"${name}" in inputs.map`, context)).toBe(false)
      expect(() => evaluate(`inputs.map["${name}"]`, context)).toThrow(ExpressionError)
      expect(() => evaluate(`item.${name}`, { item: {} })).toThrow(ExpressionError)
      expect(() => evaluate(`${name}(1)`, context)).toThrow(ExpressionError)
      expect(() => evaluate(`inputs.${name}()`, context)).toThrow(ExpressionError)
    }
  })
})
