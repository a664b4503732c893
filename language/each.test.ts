import { describe, expect, test } from "bun:test"
import { eachOf, itemContext, itemName, itemsOf } from "./each.ts"
import type { Matrix } from "./flow.ts"
import { limits } from "./limits.ts"

const combinations = (matrix: Matrix) => eachOf({ matrix })?.items

describe("for_each", () => {
  test("over values in the file is known before a run", () => {
    const each = eachOf({ for_each: ["a", { b: 1 }], max_parallel: 2, fail_fast: true })
    expect(each).toEqual({ kind: "for_each", items: ["a", { b: 1 }], max_parallel: 2, fail_fast: true })
  })

  test("over what an expression yields is known in a run", () => {
    const each = eachOf({ for_each: "${{ tasks.a.outputs.files }}" })
    if (!each) throw new Error("it repeats")
    const tasks = { a: { status: "completed", outputs: { files: ["x", "y"] } } }
    expect(itemsOf(each, { tasks })).toEqual(["x", "y"])
    expect(() => itemsOf(each, { tasks: { a: { status: "completed", outputs: { files: "x" } } } })).toThrow(
      "`for_each` needs a list",
    )
    const many = Array.from({ length: limits.max_items + 1 }, () => 1)
    expect(() => itemsOf(each, { tasks: { a: { status: "completed", outputs: { files: many } } } })).toThrow(
      "there are at most 10000",
    )
  })

  test("items are named by their place, and read their value", () => {
    expect(itemName("shard", 0)).toBe("shard[0]")
    expect(itemContext({ kind: "for_each" }, 3, "x")).toEqual({ item: "x", index: 3 })
    expect(itemContext({ kind: "matrix" }, 0, { os: "mac" })).toEqual({
      item: { os: "mac" },
      matrix: { os: "mac" },
      index: 0,
    })
  })

  test("is absent from what runs once", () => expect(eachOf({})).toBeUndefined())
})

describe("a matrix", () => {
  const axes = { os: ["linux", "mac"], node: [18, 20] }

  test("has every combination of its axes, whatever order they are written in", () => {
    const all = [
      { node: 18, os: "linux" },
      { node: 18, os: "mac" },
      { node: 20, os: "linux" },
      { node: 20, os: "mac" },
    ]
    expect(combinations(axes)).toEqual(all)
    expect(combinations({ node: axes.node, os: axes.os })).toEqual(all)
  })

  test("leaves out what has all the values of an exclusion", () => {
    expect(combinations({ ...axes, exclude: [{ os: "mac" }, { os: "linux", node: 18 }] })).toEqual([
      { node: 20, os: "linux" },
    ])
  })

  test("adds to the combinations that an inclusion fits, or has one more", () => {
    const include = [{ os: "mac", fast: true }, { os: "windows", node: 20 }, { color: "red" }]
    expect(combinations({ ...axes, include })).toEqual([
      { node: 18, os: "linux", color: "red" },
      { node: 18, os: "mac", fast: true, color: "red" },
      { node: 20, os: "linux", color: "red" },
      { node: 20, os: "mac", fast: true, color: "red" },
      { os: "windows", node: 20 },
    ])
    expect(combinations({ include: [{ a: 1 }, { a: 2 }] })).toEqual([{ a: 1 }, { a: 2 }])
  })

  test("with expressions is put together in the run", () => {
    const each = eachOf({ matrix: { os: "${{ inputs.systems }}", node: [18] } })
    if (!each) throw new Error("it repeats")
    expect(each.items).toBeUndefined()
    expect(itemsOf(each, { inputs: { systems: ["linux"] } })).toEqual([{ os: "linux", node: 18 }])
    expect(() => itemsOf(each, { inputs: { systems: 3 } })).toThrow("`matrix.os` needs a list")
  })

  test("too large to be made is refused before it is made", () => {
    const ten = Array.from({ length: 10 }, (_, index) => index)
    const huge = Object.fromEntries(ten.map((index) => [`axis_${index}`, ten]))
    expect(() => combinations(huge)).toThrow("too many combinations; there are at most 10000")
  })
})
