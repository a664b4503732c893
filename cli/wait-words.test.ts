import { expect, test } from "bun:test"
import { waitWords } from "./wait-words.ts"

const until = "2026-03-01T12:00:00.000Z"

test.each([
  [{ for: "sleep", until }, `the time ${until}`],
  [{ for: "signal", signal: "payment", until: null }, "the signal payment"],
  [{ for: "signal", name: "payment", until }, `the signal payment, until ${until}`],
  [
    { for: "workflow", workflow: "load", version: 3, run_id: "r1", until: null },
    "the run r1 of load, version 3",
  ],
  [
    { for: "workflow", workflow: "lo\u001b[2Jad", version: 3, awaited_run_id: "r1", until },
    `the run r1 of load, version 3, until ${until}`,
  ],
  [
    { for: "approval", roles: ["admin"], people: ["a@b.test"], message: "Ship?" },
    "approval by admin or a@b.test: Ship?",
  ],
  [
    { for: "approval", roles: ["ad\u001b[2Jmin"], until, message: "a\nb" },
    `approval by admin, until ${until}: a b`,
  ],
])("what %j waits for is said in words", (wait, words) => expect(waitWords(wait)).toBe(words))
