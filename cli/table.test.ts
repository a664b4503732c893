import { describe, expect, test } from "bun:test"
import { fieldText, type Listing, printList } from "./list.ts"
import { ago, printTable, size, took } from "./table.ts"
import { capture } from "./testing/capture.ts"

type Row = { readonly id: string; readonly name: string; readonly at: string }

const rows: readonly Row[] = [
  { id: "0198c0de", name: "nightly", at: "2026-03-01T11:00:00.000Z" },
  { id: "0198c0df", name: "tab\there\nand \u001b[31mred", at: "2026-03-01T11:59:30.000Z" },
]

const columns = [
  { title: "id", full: (row: Row) => row.id },
  { title: "name", full: (row: Row) => row.name },
  { title: "at", full: (row: Row) => row.at, short: (row: Row) => ago(row.at, capture().now()) },
]

describe("a table", () => {
  test("on a terminal has a head, columns and relative times", () => {
    const io = capture({ out_is_tty: true })
    printTable(io, columns, rows)
    expect(io.printed).toEqual([
      "ID        NAME              AT",
      "0198c0de  nightly           1h ago",
      "0198c0df  tab here and red  30s ago",
    ])
  })

  test("in a pipe has full values between tabs, and nothing else", () => {
    const io = capture()
    printTable(io, columns, rows)
    expect(io.printed).toEqual([
      "0198c0de\tnightly\t2026-03-01T11:00:00.000Z",
      "0198c0df\ttab here and red\t2026-03-01T11:59:30.000Z",
    ])
  })

  test("on a narrow terminal shows that it was cut, and in a pipe is never cut", () => {
    const narrow = capture({ out_is_tty: true, columns: 12 })
    printTable(narrow, columns, rows)
    expect(narrow.printed).toEqual(["ID        N…", "0198c0de  n…", "0198c0df  t…"])
    const pipe = capture({ columns: 12 })
    printTable(pipe, columns, rows)
    expect(pipe.printed[0]).toHaveLength(41)
  })

  test("has what is to be copied on lines of its own, whole on the narrowest terminal, and in its place in a pipe", () => {
    const [id, name, at] = columns
    const whole = id && name && at ? [id, { ...name, is_below: true as const }, at] : []
    const narrow = capture({ out_is_tty: true, columns: 10 })
    printTable(narrow, whole, rows)
    expect(narrow.printed).toEqual([
      "ID       …",
      "0198c0de …",
      "  nightly",
      "0198c0df …",
      "  tab here and red",
    ])
    const pipe = capture()
    printTable(pipe, whole, rows.slice(0, 1))
    expect(pipe.printed).toEqual(["0198c0de\tnightly\t2026-03-01T11:00:00.000Z"])
  })

  test("has colour only where it is wanted", () => {
    const io = capture({ out_is_tty: true, color: true })
    printTable(io, columns, rows.slice(0, 1))
    expect(io.printed[0]).toBe("\u001b[2mID        NAME     AT\u001b[0m")
  })
})

describe("a list", () => {
  const listing = (items: readonly Row[], next_cursor: string | null = null): Listing<Row> => ({
    columns,
    empty: "There is none.",
    first: async () => ({ items: items.slice(0, 1), next_cursor }),
    async *all() {
      yield* items
    },
  })

  const shown = async (options: Record<string, boolean>, items = rows, out_is_tty = false) => {
    const io = capture({ out_is_tty })
    await printList({ arguments: [], options }, listing(items, items.length > 1 ? "next" : null), io)
    return { printed: io.printed, noted: io.noted }
  }

  test("with --json is the API's object", async () => {
    const { printed } = await shown({ json: true })
    expect(printed.map((line) => JSON.parse(line))).toEqual([
      { items: rows.slice(0, 1), next_cursor: "next" },
    ])
  })

  test("with --json --all is one object a line", async () => {
    expect((await shown({ json: true, all: true })).printed.map((line) => JSON.parse(line))).toEqual([
      ...rows,
    ])
  })

  test("with --all is a table on a terminal, and lines in a pipe", async () => {
    expect((await shown({ all: true }, rows, true)).printed[0]).toStartWith("ID ")
    expect((await shown({ all: true })).printed).toHaveLength(2)
  })

  test("that goes on says so on a terminal only, beside the data", async () => {
    expect((await shown({}, rows, true)).noted).toEqual(["There are more: `--all` shows all of them."])
    expect((await shown({})).noted).toEqual([])
  })

  test.each([{}, { all: true }])(
    "that is empty says so on a terminal, and is nothing in a pipe: %p",
    async (options) => {
      expect(await shown(options, [], true)).toEqual({ printed: [], noted: ["There is none."] })
      expect(await shown(options, [])).toEqual({ printed: [], noted: [] })
    },
  )
})

test.each([
  ["status", "failed"],
  ["outputs.rows", "3"],
  ["outputs", '{"rows":3}'],
  ["tasks.0", "a"],
  ["reason", ""],
  ["outputs.constructor", ""],
  ["nowhere.at.all", ""],
])("the field %s is %p", (path, text) => {
  expect(fieldText({ status: "failed", outputs: { rows: 3 }, tasks: ["a"], reason: null }, path)).toBe(text)
})

describe("times and sizes", () => {
  const took_ms = (ms: number) => took(new Date(0).toISOString(), new Date(ms).toISOString())

  test.each([
    [0, "0.0s"],
    [1_250, "1.3s"],
    [59_940, "59.9s"],
    [59_960, "1m00s"],
    [119_600, "2m00s"],
    [3_725_000, "62m05s"],
    [-5, "0.0s"],
  ])("%d ms are %s", (ms, text) => expect(took_ms(ms)).toBe(text))

  test("what has not begun or ended took no time yet", () => {
    expect([took(null, null), took(new Date().toISOString(), null), ago(null, new Date())]).toEqual([
      "–",
      "–",
      "–",
    ])
  })

  test.each([
    [0, "0s ago"],
    [59_000, "59s ago"],
    [3_599_000, "59m ago"],
    [86_399_000, "23h ago"],
    [864_000_000, "10d ago"],
    [-1_000, "0s ago"],
  ])("%d ms before now is %s", (ms, text) => {
    expect(ago(new Date(1e12 - ms).toISOString(), new Date(1e12))).toBe(text)
  })

  test.each([
    [1_023, "1023 B"],
    [1_536, "1.5 KiB"],
    [5 * 1024 ** 2, "5.0 MiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
  ])("%d bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text))
})
