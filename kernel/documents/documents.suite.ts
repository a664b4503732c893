import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Collection, Document, Documents, Query } from "./documents.ts"

const thing: Collection = {
  name: "thing",
  fields: [
    { name: "owner", type: "text" },
    { name: "size", type: "number" },
    { name: "at", type: "text" },
  ],
  indexes: [["owner", "size"], ["at"]],
}

let owners = 0

/** What every store of documents does. Each test has an owner of its own, so that they share one store. */
export const documentsSuite = (open: () => Promise<Documents>) => {
  let documents: Documents

  beforeAll(async () => {
    documents = await open()
    await documents.prepare([thing])
  }, 900_000)

  afterAll(() => documents?.close())

  const fresh = () => {
    owners += 1
    const owner = `owner-${owners}`
    return {
      owner,
      of: (name: string, version: number, more: Record<string, unknown> = {}): Document => ({
        id: `${owner}:${name}`,
        version,
        owner,
        ...more,
      }),
      find: (more: Partial<Query> = {}) =>
        documents.find(thing, { order: [], limit: 100, ...more, where: { owner, ...more.where } }),
    }
  }
  const names = (found: readonly Document[]) => found.map(({ id }) => id.slice(id.indexOf(":") + 1))

  describe("writing", () => {
    test("preparing again, and several at once, changes nothing", async () => {
      const { of, find } = fresh()
      await documents.put(thing, [of("a", 1)])
      await Promise.all([documents.prepare([thing]), documents.prepare([thing]), documents.prepare([thing])])
      expect(names(await find())).toEqual(["a"])
    })

    test("an index that is not declared any more is dropped, and what it served is found as before", async () => {
      const { of, find } = fresh()
      await documents.put(thing, [of("a", 1, { at: "x" }), of("b", 1, { at: "y" })])
      await documents.prepare([{ ...thing, indexes: [["owner", "at"]] }])
      expect(names(await find({ where: { at: "y" } }))).toEqual(["b"])
      await documents.prepare([thing])
      expect(names(await find({ where: { at: "x" } }))).toEqual(["a"])
    })

    test("a collection without fields and indexes is one of ids", async () => {
      const bare: Collection = { name: "bare", fields: [], indexes: [] }
      await documents.prepare([bare])
      await documents.prepare([bare])
      expect(
        await documents.put(bare, [
          { id: "a", version: 1 },
          { id: "b", version: 1 },
        ]),
      ).toBe(2)
      const query: Query = {
        where: { id: { gte: "b" } },
        order: [["id", "desc"]],
        limit: 9,
        fields_only: true,
      }
      expect(await documents.find(bare, query)).toEqual([{ id: "b", version: 1 }])
    })

    test("a higher version replaces, the same and a lower one do not", async () => {
      const { of, find } = fresh()
      expect(await documents.put(thing, [of("a", 2, { size: 2 })])).toBe(1)
      expect(await documents.put(thing, [of("a", 2, { size: 9 })])).toBe(0)
      expect(await documents.put(thing, [of("a", 1, { size: 1 })])).toBe(0)
      expect(await documents.put(thing, [of("a", 3, { at: "x" }), of("b", 1)])).toBe(2)
      expect(await find()).toEqual([of("a", 3, { at: "x" }), of("b", 1)])
    })

    test("of several with one id in a batch the highest version is kept", async () => {
      const { of, find } = fresh()
      expect(await documents.put(thing, [of("a", 1), of("a", 3, { size: 3 }), of("a", 2)])).toBe(1)
      expect(await find()).toEqual([of("a", 3, { size: 3 })])
    })

    test("of many writers at once the highest version wins", async () => {
      const { of, find } = fresh()
      const versions = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) + 1)
      await Promise.all(
        versions.map((version) =>
          documents.put(thing, [of("a", version, { size: version }), of("b", version, { size: version })]),
        ),
      )
      expect((await find()).map(({ version, size }) => [version, size])).toEqual([
        [40, 40],
        [40, 40],
      ])
    })

    test("nothing is written for an empty batch, nor for one with a field of the wrong type", async () => {
      const { of, find } = fresh()
      expect(await documents.put(thing, [])).toBe(0)
      await expect(documents.put(thing, [of("a", 1), of("b", 1, { size: "large" })])).rejects.toThrow("size")
      await expect(documents.put(thing, [of("a\0", 1)])).rejects.toThrow("id")
      expect(await find()).toEqual([])
    })
  })

  describe("reading", () => {
    test("conditions: equal, ranges, one of several", async () => {
      const { of, find } = fresh()
      await documents.put(
        thing,
        [1, 2, 3, 4].map((size) => of(`n${size}`, 1, { size })),
      )
      expect(names(await find({ where: { size: 2 } }))).toEqual(["n2"])
      expect(names(await find({ where: { size: { gt: 1, lte: 3 } } }))).toEqual(["n2", "n3"])
      expect(names(await find({ where: { size: { gte: 3 } } }))).toEqual(["n3", "n4"])
      expect(names(await find({ where: { size: { in: [1, 4, 9] } } }))).toEqual(["n1", "n4"])
      expect(await find({ where: { size: { in: [] } } })).toEqual([])
      expect(names(await find({ where: { id: { lt: of("n2", 1).id } } }))).toEqual(["n1"])
      expect(names(await find({ where: { id: { in: [of("n3", 1).id] } } }))).toEqual(["n3"])
    })

    test("an order is total, missing fields are the lowest, and pages go on where the last ended", async () => {
      const { of, find } = fresh()
      const sized = [3, 1, 2, 1].map((size, index) => of(`n${index}`, 1, { size }))
      await documents.put(thing, [...sized, of("none", 1)])
      expect(names(await find({ order: [["size", "asc"]] }))).toEqual(["none", "n1", "n3", "n2", "n0"])
      expect(names(await find({ order: [["size", "desc"]] }))).toEqual(["n0", "n2", "n3", "n1", "none"])
      expect(names(await find({ order: [["id", "desc"]], limit: 2 }))).toEqual(["none", "n3"])
    })

    test("texts are ordered by their code points, not by a language", async () => {
      const { of, find } = fresh()
      await documents.put(
        thing,
        ["b", "A", "ä", "a", "B"].map((at, index) => of(`n${index}`, 1, { at })),
      )
      const found = await find({ order: [["at", "asc"]] })
      expect(found.map(({ at }) => at)).toEqual(["A", "B", "a", "b", "ä"])
    })

    test("with fields only, the rest stays where it is", async () => {
      const { of, owner, find } = fresh()
      await documents.put(thing, [of("a", 7, { size: 1.5, rest: "x".repeat(10_000) })])
      expect(await find({ fields_only: true })).toEqual([{ id: `${owner}:a`, version: 7, owner, size: 1.5 }])
    })

    test("texts that a document must contain are found as JSON writes them, and mean nothing else", async () => {
      const { of, find } = fresh()
      await documents.put(thing, [
        of("a", 1, { rest: { rows: 5, say: 'a "b" $.*[x' } }),
        of("b", 1, { rest: { rows: 6, say: "%_\\" } }),
      ])
      const found = async (...containing: string[]) => names(await find({ containing }))
      expect(await found('"rows":5')).toEqual(["a"])
      expect(await found('"rows":', "5")).toEqual(["a"])
      expect(await found('"rows":', "7")).toEqual([])
      expect(await found("$.*[x")).toEqual(["a"])
      expect(await found(JSON.stringify('"b"').slice(1, -1))).toEqual(["a"])
      expect(await found("%_")).toEqual(["b"])
      expect(await found(".*")).toEqual(["a"])
      expect(await found()).toEqual(["a", "b"])
    })

    test("what isn't declared can't be filtered or ordered by, nor can operators be smuggled in", async () => {
      const { find } = fresh()
      await expect(find({ where: { rest: "x" } })).rejects.toThrow("rest")
      await expect(find({ order: [["rest", "asc"]] })).rejects.toThrow("rest")
      await expect(find({ where: { "size = 1 or 1": 1 } })).rejects.toThrow("declares no field")
      const smuggled = { $ne: "" } as Record<string, string>
      await expect(find({ where: { at: smuggled } })).rejects.toThrow("$ne")
      await expect(find({ where: { at: 1 } })).rejects.toThrow("text")
    })

    test("quotes and backslashes in a value are only text", async () => {
      const { of, find } = fresh()
      const nasty = `'; drop table thing; -- " \\ {a,b} $1 null NULL`
      await documents.put(thing, [of("a", 1, { at: nasty }), of("b", 1, { at: "NULL" }), of("c", 1)])
      expect(names(await find({ where: { at: nasty } }))).toEqual(["a"])
      expect(names(await find({ where: { at: { in: [nasty, "NULL"] } } }))).toEqual(["a", "b"])
    })
  })

  describe("counting", () => {
    test("by fields, by stretches of another, and within those by values of a third", async () => {
      const { owner, of } = fresh()
      await documents.put(thing, [
        of("a", 1, { size: 10, at: "x" }),
        of("b", 1, { size: 12, at: "x" }),
        of("c", 1, { size: 19, at: "y" }),
        of("d", 1, { size: 20 }),
        of("e", 1, { at: "x" }),
      ])
      const tally = { by: ["owner"], stretch: { field: "size", size: 10 }, spread: "at", limit: 10 }
      const found = await documents.tally(thing, { ...tally, where: { owner } })
      const sorted = found
        .map((one) => ({ ...one, spread: one.spread.toSorted() }))
        .toSorted((a, b) => a.stretch - b.stretch)
      expect(sorted).toEqual([
        {
          ...{ by: [owner], stretch: 1 },
          spread: [
            ["x", 2],
            ["y", 1],
          ],
        },
        { by: [owner], stretch: 2, spread: [[null, 1]] },
      ])
      expect(await documents.tally(thing, { ...tally, where: { owner }, limit: 1 })).toHaveLength(1)
      expect(await documents.tally(thing, { ...tally, where: { owner: "nobody" } })).toEqual([])
      await expect(documents.tally(thing, { ...tally, where: {}, spread: "rest" })).rejects.toThrow("rest")
    })
  })

  describe("hostile contents", () => {
    test("names that mean something to a store come back as they were", async () => {
      const { of, find } = fresh()
      const free = JSON.parse(
        `{"$set":{"a.b":1,"$ne":null},"a.b":{"":0},"__proto__":{"x":1},"constructor":2,"_id":3,"f_size":4}`,
      ) as Record<string, unknown>
      await documents.put(thing, [of("a", 1, { outputs: free })])
      const [found] = await find()
      expect(JSON.stringify(found?.outputs)).toBe(JSON.stringify(free))
      expect(Object.getPrototypeOf(found?.outputs)).toBe(Object.prototype)
    })

    test("NUL and lone surrogates come back as they were, and are U+FFFD where they are compared", async () => {
      const { of, find } = fresh()
      const text = "a\0b \ud800 c \udc00 \u{1f600} \u2028 \x1b[31m \uffff"
      await documents.put(thing, [of("a", 1, { at: text, text, lines: [[0, "stdout", text]] })])
      for (const at of [text, "a\ufffdb \ufffd c \ufffd \u{1f600} \u2028 \x1b[31m \uffff"]) {
        const [found] = await find({ where: { at } })
        expect(found).toEqual(of("a", 1, { at: text, text, lines: [[0, "stdout", text]] }))
      }
    })

    test("a document of some megabytes comes back whole", async () => {
      const { of, find } = fresh()
      const text = `"\\${"é\0".repeat(400_000)}`
      await documents.put(thing, [of("a", 1, { text })])
      const [found] = await find()
      expect(found?.text === text).toBe(true)
    })
  })

  describe("removing", () => {
    test("removes what the filter says, at most as many as asked for", async () => {
      const { of, find, owner } = fresh()
      await documents.put(
        thing,
        [1, 2, 3, 4, 5].map((size) => of(`n${size}`, 1, { size })),
      )
      expect(await documents.remove(thing, { owner, size: { gt: 1 } }, 3)).toBe(3)
      expect(await documents.remove(thing, { owner, size: { gt: 1 } }, 3)).toBe(1)
      expect(names(await find())).toEqual(["n1"])
      await expect(documents.remove(thing, { rest: 1 }, 1)).rejects.toThrow("rest")
    })
  })
}
