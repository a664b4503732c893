import { expect, test } from "bun:test"
import { plainSequence } from "./plain.ts"
import { startSequenceShape } from "./shape.ts"

const step = { name: "one", type: "noop", payload: { a: [1] } }
const steps = [step, { name: "two", type: "job:resize" }]

test("what is plain is what the shape makes of it", () => {
  for (const value of [
    { name: "n", steps },
    { name: "é".repeat(200), steps: Array.from({ length: 1_000 }, () => step) },
    { steps: [{ type: "a", name: "x", payload: null }], name: "n" },
  ]) {
    expect(plainSequence(value)).toEqual(value)
    expect(startSequenceShape.safeParse(value)).toEqual({ success: true, data: value })
  }
})

test("nothing is plain that the shape would refuse", () => {
  const names = ["", "x".repeat(201), "a\0", "\ud800", 1, null, undefined, ["n"], {}]
  const types = ["", "-a", "a b", "é", "a".repeat(101), "a\n", 1, null, undefined]
  const lists = [undefined, null, {}, [], [null], ["x"], [[]], Array.from({ length: 1_001 }, () => step)]
  const refused: unknown[] = [
    ...[null, undefined, 1, "x", [], [{ name: "n", steps }]],
    ...names.flatMap((name) => [
      { name, steps },
      { name: "n", steps: [{ ...step, name }] },
    ]),
    ...types.map((type) => ({ name: "n", steps: [{ ...step, type }] })),
    ...lists.map((list) => ({ name: "n", steps: list })),
    { name: "n", steps, more: 1 },
    { name: "n", steps: [{ ...step, more: 1 }] },
    JSON.parse('{"name":"n","steps":[{"name":"one","type":"noop","__proto__":1}]}'),
    JSON.parse('{"name":"n","steps":[{"name":"one","type":"noop"}],"__proto__":{}}'),
  ]
  for (const value of refused) {
    expect(plainSequence(value)).toBeUndefined()
    expect(startSequenceShape.safeParse(value).success).toBe(false)
  }
})

test("what has more than the usual is the shape's to judge", () => {
  expect(plainSequence({ name: "n", steps, idempotency_key: "k" })).toBeUndefined()
  expect(plainSequence({ name: "n", steps: [{ ...step, max_retries: 1 }] })).toBeUndefined()
})
