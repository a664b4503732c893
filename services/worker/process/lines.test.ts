import { describe, expect, test } from "bun:test"
import { createLines } from "./lines.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const linesOf = (...pieces: readonly (string | Uint8Array)[]): readonly string[] => {
  const lines = createLines()
  const pushed = pieces.flatMap((piece) => lines.push(typeof piece === "string" ? bytes(piece) : piece))
  return [...pushed, ...lines.end()]
}

test("a line in pieces is one line, and the last one needs no end", () => {
  expect(linesOf("al", "pha\nbe", "ta")).toEqual(["alpha", "beta"])
})

test("empty lines are kept, and nothing follows the last end", () => {
  expect(linesOf("a\n\n\nb\n")).toEqual(["a", "", "", "b"])
})

test("an incomplete line is not told before its end", () => {
  expect(createLines().push(bytes("not yet"))).toEqual([])
})

describe("carriage returns", () => {
  test("before the end of a line belong to it, also when they come apart", () => {
    expect(linesOf("a\r\nb\r", "\nc\r\n")).toEqual(["a", "b", "c"])
  })

  test("of a progress bar leave its last state", () => {
    expect(linesOf("10%\r50%\r", "100%\ndone\n")).toEqual(["100%", "done"])
  })

  test("of a progress bar without an end leave its last state, however often it is redrawn", () => {
    const states = Array.from({ length: 20_000 }, (_, index) => `\r${index} of 20000`)
    expect(linesOf(...states)).toEqual(["19999 of 20000"])
  })
})

describe("UTF-8", () => {
  test("that is split within a character is put together", () => {
    const whole = bytes("grüße 🎉\n")
    const single = Array.from(whole, (byte) => Uint8Array.of(byte))
    expect(linesOf(...single)).toEqual(["grüße 🎉"])
  })

  test("that is not valid is replaced, and the rest of the line stays", () => {
    expect(linesOf(Uint8Array.of(0x61, 0xff, 0x62, 0x0a))).toEqual(["a\ufffdb"])
  })

  test("that ends within a character is replaced", () => {
    expect(linesOf(Uint8Array.of(0x61, 0xf0, 0x9f))).toEqual(["a\ufffd"])
  })
})

describe("a line that is too long", () => {
  test("is cut into further lines, without losing a character", () => {
    const long = "0123456789".repeat(10_000)
    const lines = linesOf(...(long.match(/.{1,7000}/g) ?? []))
    expect(lines.join("")).toBe(long)
    expect(Math.max(...lines.map((line) => line.length))).toBe(16_384)
  })

  test("is told before it ends", () => {
    expect(createLines().push(bytes("x".repeat(20_000)))).toEqual(["x".repeat(16_384)])
  })

  test("is never cut within a character", () => {
    const lines = linesOf(`x${"🎉".repeat(20_000)}\n`)
    expect(lines.every((line) => line.isWellFormed())).toBe(true)
    expect(lines.join("")).toBe(`x${"🎉".repeat(20_000)}`)
  })
})
