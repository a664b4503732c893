import { describe, expect, test } from "bun:test"
import { checkInputs, parseInputs } from "./inputs.ts"
import { parseOutputs } from "./outputs.ts"
import type { Definition } from "./schema.ts"

const inputs: NonNullable<Definition["inputs"]> = {
  who: { type: "string", required: true },
  count: { type: "integer", default: 2 },
  ratio: { type: "number" },
  loud: { type: "boolean", default: false },
  size: { type: "string", enum: ["small", "large"], default: "small" },
  options: { type: "object" },
  items: { type: "array" },
}
const definition = { inputs }

describe("inputs", () => {
  test("that were not given are the default or null", () => {
    expect(checkInputs(definition, { who: "you" })).toEqual({
      ok: true,
      values: { who: "you", count: 2, ratio: null, loud: false, size: "small", options: null, items: null },
    })
  })

  test("are refused all at once, with what was meant", () => {
    expect(checkInputs(definition, { count: 1.5, size: "larg", loud: "yes", coutn: 1 })).toEqual({
      ok: false,
      errors: [
        { path: "count", message: "must be a whole number" },
        { path: "size", message: "must be one of `small`, `large`; did you mean `large`?" },
        { path: "loud", message: "must be true or false" },
        { path: "coutn", message: "unknown input `coutn`; did you mean `count`?" },
        { path: "who", message: "`who` is required" },
      ],
    })
  })

  test.each([[[]], [null], ["x"], [JSON.parse('{"__proto__":{"x":1}}')], [{ who: "a\0" }]])(
    "%j is refused",
    (given) => {
      expect(checkInputs(definition, given).ok).toBe(false)
    },
  )

  test("from a command line are read by their declared type", () => {
    const pairs = ["who=1=2", "count=3", "ratio=0.5", "loud=true", 'options={"a":1}', "items=[1]"]
    expect(parseInputs(definition, pairs)).toEqual({
      ok: true,
      values: { who: "1=2", count: 3, ratio: 0.5, loud: true, options: { a: 1 }, items: [1] },
    })
  })

  test("from a command line that don't fit are refused", () => {
    expect(parseInputs(definition, ["count=x", "items={}", "whoo=1", "loud", "who=a", "who=b"])).toEqual({
      ok: false,
      errors: [
        { path: "count", message: "must be a whole number" },
        { path: "items", message: "must be a list (JSON)" },
        { path: "whoo", message: "unknown input `whoo`; did you mean `who`?" },
        { path: "", message: "`loud` is not written like key=value" },
        { path: "who", message: "`who` is given twice" },
      ],
    })
  })
})

describe("JSON Schema of inputs", () => {
  const shop = {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", maxLength: 5 },
      tags: { type: "array", items: { type: "string" } },
    },
    additionalProperties: false,
  } as const
  const schemas = {
    day: { type: "string", format: "date" },
    share: { type: "number", minimum: 0, maximum: 1 },
    ids: { type: "array", items: { type: "integer" }, minItems: 1, uniqueItems: true },
    shop,
  } as unknown as NonNullable<Definition["inputs"]>

  test("is held, all at once and down to the value", () => {
    const given = {
      day: "tomorrow",
      share: 1.5,
      ids: [1, "2"],
      shop: { nmae: "north", tags: ["a", 1] },
    }
    expect(checkInputs({ inputs: schemas }, given)).toEqual({
      ok: false,
      errors: [
        { path: "day", message: "must be a date like 2026-01-31" },
        { path: "share", message: "must be at most 1" },
        { path: "ids[1]", message: "must be a whole number" },
        { path: "shop", message: "`name` is missing" },
        { path: "shop.nmae", message: "unknown key `nmae`; did you mean `name`?" },
        { path: "shop.tags[1]", message: "must be text" },
      ],
    })
  })

  test("lets through what fits", () => {
    const given = { day: "2026-01-31", share: 0.5, ids: [1, 2], shop: { name: "north" } }
    expect(checkInputs({ inputs: schemas }, given)).toEqual({ ok: true, values: given })
    expect(checkInputs({ inputs: schemas }, { ...given, ids: [1, 1] }).ok).toBe(false)
    expect(checkInputs({ inputs: schemas }, { ...given, ids: [] }).ok).toBe(false)
    expect(checkInputs({ inputs: schemas }, { ...given, day: "2026-13-31" }).ok).toBe(false)
  })

  test("a default is evaluated at the time of the start, and has to fit too", () => {
    const at = new Date("2026-01-31T23:30:00Z")
    const defaults = { day: { type: "string", default: "${{ today('Asia/Tokyo') }}" } } as const
    expect(checkInputs({ inputs: defaults }, {}, at)).toEqual({ ok: true, values: { day: "2026-02-01" } })
    expect(checkInputs({ inputs: defaults }, {})).toEqual({
      ok: false,
      errors: [{ path: "day", message: "its default can't be evaluated: the time is not known here" }],
    })
    const wrong = { n: { type: "integer", default: "${{ today() }}" } } as const
    expect(checkInputs({ inputs: wrong }, {}, at)).toEqual({
      ok: false,
      errors: [{ path: "n", message: "must be a whole number" }],
    })
  })
})

describe("outputs", () => {
  test("are lines, blocks and JSON, typed where no digit gets lost", () => {
    const text = [
      "name=a=b c",
      "rows=42",
      "version=1.10",
      "code=007",
      "id=12345678901234567890",
      "ok=true",
      "empty=",
      "notes<<END",
      "first",
      "x=1",
      "END",
      '{"files": ["a", "b"]}',
      "rows=43",
    ].join("\r\n")
    expect(parseOutputs(text)).toEqual({
      ok: true,
      values: {
        name: "a=b c",
        rows: 43,
        version: "1.10",
        code: "007",
        id: "12345678901234567890",
        ok: true,
        empty: "",
        notes: "first\nx=1",
        files: ["a", "b"],
      },
    })
  })

  test("may be one JSON object over many lines", () => {
    expect(parseOutputs('{\n  "a": 1\n}\n')).toEqual({ ok: true, values: { a: 1 } })
  })

  test.each([
    ["nothing", "line 1: is not written like key=value"],
    ["a=1\n9x=2", "line 2: `9x` is no name for an output"],
    ["a<<END\nx", "line 1: the block of `a` is never closed by `END`"],
    ["{oops", "line 1: is no valid JSON object"],
    ["__proto__=1", "line 1: `__proto__` is no name for an output"],
    ['a={"__proto__":1}', "output `a.__proto__`: the key `__proto__` is refused"],
    ["a=\0", "outputs contain a NUL or half of a surrogate pair"],
    [`a=${"x".repeat(262_144)}`, "outputs have at most 262144 bytes"],
  ])("%p are refused", (text, error) => expect(parseOutputs(text)).toEqual({ ok: false, error }))
})
