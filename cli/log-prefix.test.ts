import { describe, expect, test } from "bun:test"
import type { LogLine } from "#sdk/index.ts"
import { colouring } from "./colouring.ts"
import { linePrinter } from "./log-prefix.ts"
import { capture } from "./testing/capture.ts"

const plain = capture()
const coloured = capture({ color: true })

const line = (task: string, more: Partial<LogLine> = {}): LogLine => ({
  ...{ cursor: "c", run_id: "0198c0de-0000-7000-8000-000000000001", task, attempt: 1, level: "info" },
  ...{ stream: "stdout", at: "2026-03-01T12:00:00.000Z", text: "hi\u001b[2J", ...more },
})

const colourOf = (text: string) => /\u001b\[(\d+)m/.exec(text)?.[1]

describe("a log line", () => {
  test("says whose it is, and can't move the cursor", () => {
    expect(linePrinter(plain)(line("build"))).toBe("build │ hi")
    expect(linePrinter(plain)(line("a\u001b[2Jb\r\nc"))).toBe("ab c │ hi")
    expect(linePrinter(coloured)(line("build"))).toMatch(/^\u001b\[\d+mbuild │\u001b\[0m hi$/)
  })

  test("may be aligned with those before it, and with very long names isn't", () => {
    const shown = linePrinter(plain, { aligned: true })
    const names = ["compile", "go", "a_task_with_a_very_long_name", "go"]
    expect(names.map((name) => shown(line(name)))).toEqual([
      ...["compile │ hi", "go      │ hi", "a_task_with_a_very_long_name │ hi", "go      │ hi"],
    ])
  })

  test("may have its time and its run before it", () => {
    const shown = linePrinter(plain, { stamped: true, names_run: true })
    expect(shown(line("go"))).toBe("2026-03-01T12:00:00.000Z 0198c0de-0000 go │ hi")
  })

  test("of an item has the colour of its task, and of another task another one", () => {
    const shown = linePrinter(coloured)
    const [task, item, other] = ["shard", "shard[7]", "go"].map((name) => colourOf(shown(line(name))))
    expect([item === task, other === task]).toEqual([true, false])
  })
})

describe("colours", () => {
  const names = Array.from({ length: 40 }, (_, index) => `task_${index}`)

  test("are each name's own as long as there are enough, and stay", () => {
    const colour = colouring("share")
    const first = names.slice(0, 10).map(colour)
    expect(new Set(first).size).toBe(10)
    names.map(colour)
    expect(names.slice(0, 10).map(colour)).toEqual(first)
  })

  test("are the same in another session", () => {
    for (const name of names) expect(colouring("share")(name)).toBe(colouring("newest")(name))
  })

  test("go from what is silent to what is new", () => {
    const colour = colouring("newest")
    names.map(colour)
    expect(new Set(names.slice(-10).map(colour)).size).toBe(10)
    const kept = colour("task_39")
    names.slice(0, 9).map(colour)
    expect(colour("task_39")).toBe(kept)
  })

  test("are never red, which is for what fails", () => {
    expect(names.map(colouring("share"))).not.toContain("red")
  })
})
