import { expect, test } from "bun:test"
import { secretForms } from "./forms.ts"
import { createMasker, maskAll, maskText } from "./masker.ts"

/** The same numbers for the same seed. */
const chance = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const inPieces = (text: string, forms: readonly string[], below: (count: number) => number): string => {
  const masker = createMasker(forms)
  let shown = ""
  for (let at = 0; at < text.length; ) {
    const size = 1 + below(below(2) === 0 ? 3 : 40)
    shown += masker.push(text.slice(at, at + size))
    at += size
  }
  return shown + masker.end()
}

test("what comes in pieces is masked as the whole is, and nothing of a secret is left", () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const below = chance(seed)
    const letters = seed % 2 === 0 ? "ab" : "abc+/=%& ü"
    const word = (size: number) => Array.from({ length: size }, () => letters[below(letters.length)]).join("")
    const secrets = Array.from({ length: 1 + below(3) }, () => word(4 + below(8)))
    const forms = secretForms(secrets)
    let text = ""
    for (let part = 0; part < 12; part += 1) {
      text += below(2) === 0 ? word(below(10)) : (forms[below(forms.length)] ?? "")
    }
    const whole = maskText(text, forms)
    expect({ seed, shown: inPieces(text, forms, below) }).toEqual({ seed, shown: whole })
    for (const form of forms)
      expect({ seed, form, left: whole.includes(form) }).toEqual({ seed, form, left: false })
  }
})

test("text without a secret stays as it is, and isn't kept back", () => {
  const masker = createMasker(secretForms(["s3cret-value"]))
  expect(masker.push("nothing to hide\n")).toBe("nothing to hide\n")
  expect(masker.push("ends like one: s3cr")).toBe("ends like one: ")
  expect(masker.push("eam")).toBe("s3cream")
  expect(masker.end()).toBe("")
})

test("secrets that overlap are masked together", () => {
  expect(maskText("xabcdefghx", ["abcdef", "defgh"])).toBe("x***x")
  expect(maskText("abcdabcd!", ["abcd"])).toBe("******!")
  const masker = createMasker(["abcdef", "defghi"])
  expect([masker.push("xabcdef"), masker.push("gh"), masker.push("i!"), masker.end()].join("|")).toBe(
    "x***||!|",
  )
})

const secret = 'p@ss word/"ü+'

test("a secret is masked as it is, in JSON, in addresses and in base64 at any place", () => {
  const forms = secretForms([secret])
  const encoded = (text: string) => Buffer.from(text).toString("base64")
  const texts = [
    secret,
    JSON.stringify({ password: secret }),
    `https://example.test/?p=${encodeURIComponent(secret)}&x=1`,
    new URLSearchParams({ p: secret }).toString(),
    encodeURIComponent(secret).toLowerCase(),
    encoded(secret),
    Buffer.from(secret).toString("base64url"),
  ]
  for (const text of texts) expect(maskText(text, forms)).toContain("***")
  for (const text of texts) expect(maskText(text, forms)).not.toContain(text)
  for (const user of ["", "a", "ab", "abc", "abcd"]) {
    const masked = maskText(encoded(`${user}:${secret}:rest`), forms)
    expect(masked).toContain("***")
    expect(Buffer.from(masked.replaceAll("*", ""), "base64").toString()).not.toContain("word")
  }
})

test("each line of a secret is one by itself, and base64 may be broken into lines", () => {
  const key = `-----BEGIN KEY-----\n${"MIIEpAIBAAKCAQEA".repeat(4)}\n${"q7f9kLmN".repeat(8)}\n-----END KEY-----\n`
  const forms = secretForms([key])
  for (const line of key.trim().split("\n")) expect(maskText(`> ${line}`, forms)).toBe("> ***")
  const wrapped =
    Buffer.from(key)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  for (const line of wrapped.slice(0, -1)) expect(maskText(line, forms)).toBe("***")
})

test("outputs are masked at any depth, in names and in numbers", () => {
  const forms = secretForms(["12345678", "s3cret"])
  const masked = maskAll({ a: ["x s3cret y", { s3cret: 12345678 }], b: 7, c: null, d: true }, forms)
  expect(masked).toEqual({ a: ["x *** y", { "***": "***" }], b: 7, c: null, d: true })
})
