import { expect, test } from "bun:test"
import { waitWords } from "./wait-words.ts"

const until = "2026-03-01T12:00:00.000Z"

test.each([
  [{ for: "sleep", until }, `the time ${until}`],
  [{ for: "signal", signal: "payment", until: null }, "the signal payment"],
  [{ for: "signal", name: "payment", until }, `the signal payment, until ${until}`],
  [
    { for: "approval", roles: ["admin"], people: ["a@b.test"], message: "Ship?" },
    "approval by admin or a@b.test: Ship?",
  ],
  [
    { for: "approval", roles: ["ad\u001b[2Jmin"], until, message: "a\nb" },
    `approval by admin, until ${until}: a b`,
  ],
])("what %j waits for is said in words", (wait, words) => expect(waitWords(wait)).toBe(words))
