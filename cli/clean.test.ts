import { describe, expect, test } from "bun:test"
import { asJson, clean, cleanLine } from "./clean.ts"

describe("text from elsewhere", () => {
  test.each([
    ["colours", "\u001b[31mred\u001b[0m", "red"],
    ["a cleared screen", "a\u001b[2J\u001b[Hb", "ab"],
    ["a private sequence", "a\u001b[?1049hb", "ab"],
    ["8-bit sequences", "a\u009b2Jb", "ab"],
    ["a link", "\u001b]8;;http://evil.test\u0007click\u001b]8;;\u0007", "click"],
    ["a link that ends otherwise", "\u001b]8;;http://evil.test\u001b\\click", "click"],
    ["the clipboard", "a\u001b]52;c;aGk=\u0007b", "ab"],
    ["the title, 8-bit", "a\u009d0;title\u009cb", "ab"],
    ["a device string", "a\u001bPq#0\u001b\\b", "ab"],
    ["a reset", "a\u001bcb", "ab"],
    ["a string without an end", "a\u001b]0;never ends", "a"],
    ["a sequence without an end", "a\u001b[31", "a"],
    ["a lone escape", "a\u001b", "a"],
    ["nested escapes", "a\u001b\u001b[2Jb", "ab"],
  ])("loses %s", (_, text, shown) => expect(clean(text)).toBe(shown))

  test.each([
    ["backspaces", "safe\b\b\b\bevil", "safe\ufffd\ufffd\ufffd\ufffdevil"],
    ["carriage returns", "safe\revil", "safe\ufffdevil"],
    ["turned writing", "a\u202egnp.exe", "a\ufffdgnp.exe"],
    ["isolates", "a\u2066b\u2069", "a\ufffdb\ufffd"],
    ["NUL and DEL", "a\u0000b\u007f", "a\ufffdb\ufffd"],
    ["C1", "a\u0085b", "a\ufffdb"],
  ])("shows that there were %s", (_, text, shown) => expect(clean(text)).toBe(shown))

  test("keeps tabs, line ends and every language", () => {
    const text = "a\tb\nгрусть 日本 🎉 שלום"
    expect(clean(text)).toBe(text)
  })

  test("can't put a sequence together from pieces in several lines", () => {
    const pieces = ["a\u001b", "[2J", "\u001b]52;c;", "aGk=\u0007", "\u009b", "2J"]
    expect(pieces.map(clean).join("")).toMatch(/^[^\p{Cc}]*$/u)
  })

  test("can't put one together by what is taken out of it", () => {
    for (const inner of ["\u001b[0m", "\u001b]0;x\u0007", "\r", "\u0000"]) {
      expect(clean(`\u001b${inner}[2J`)).not.toContain("\u001b")
      expect(cleanLine(`\u001b${inner}[2J`)).not.toContain("\u001b")
    }
  })
})

test("what is to stay on one line does", () => {
  expect(cleanLine("a\r\nb\nc")).toBe("a b c")
})

test("JSON has nothing that a terminal would obey, and is the same value", () => {
  const value = { text: "a\u001b[2J\u009b2J\u202e\u007f", "key\u0085": 1 }
  const text = asJson(value)
  expect(text).toMatch(/^[\u0020-\u007e]*$/)
  expect(JSON.parse(text)).toEqual(value)
})
