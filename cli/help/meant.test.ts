import { expect, test } from "bun:test"
import { commands } from "../commands.ts"
import { Failure } from "../failure.ts"
import { groupOf, nouns } from "./groups.ts"
import { meantWords } from "./meant.ts"

const refused = (line: string): string => {
  try {
    return `taken as ${meantWords(line.split(" "), commands).join(" ")}`
  } catch (error) {
    if (error instanceof Failure && error.exit_code === 2) return error.message
    throw error
  }
}

test.each([
  ["runs list --all", "runs list --all"],
  ["runs ls", "runs list"],
  ["jobs get x", "jobs show x"],
  ["secrets rm A", "secrets delete A"],
  ["runs cancel x", "cancel x"],
  ["workflows push a.yml", "push a.yml"],
  ["inbox read x", "inbox read x"],
  ["inbox --unread", "inbox --unread"],
  ["run nightly", "run nightly"],
  ["run -- list", "run -- list"],
  ["--help", "--help"],
  ["runs --help", "runs --help"],
])("`wf %s` is `wf %s`", (line, taken) => {
  expect(meantWords(line.split(" "), commands).join(" ")).toBe(taken)
})

test.each([
  ["rnu x.yml", "run"],
  ["log", "logs"],
  ["job ls", "jobs list"],
  ["job", "jobs"],
  ["run list", "runs list"],
  ["run show x", "runs show"],
  ["runs lits", "runs list"],
  ["jobs new", "jobs create"],
  ["members add", "members invite"],
  ["tokens revoke", "tokens delete"],
  ["artifacts get", "artifacts download"],
  ["dead-leter retry", "dead-letters replay"],
  ["runs cancle", "runs cancel"],
  ["ps", "runs list"],
])("`wf %s` is refused, and may have meant `wf %s`", (line, meant) => {
  expect(refused(line)).toContain(`(Did you mean \`wf ${meant}\`?)`)
})

test("what nobody can guess is answered by what there is", () => {
  expect(refused("queues frob")).toContain("There are: `wf queues list`, `wf queues show`")
  expect(refused("frobnicate")).toContain("`wf --help` lists all commands.")
  for (const line of ["constructor", "__proto__", "runs constructor", "runs __proto__", "toString x"])
    expect(refused(line)).toStartWith("unknown command")
})

test("what was typed doesn't steer the terminal", () => {
  expect(refused("r\u001b[2J\nx")).not.toMatch(/[\u001b]|r.*\nx/)
})

test("every command is in a group, and every noun says what is done below it", () => {
  for (const { name } of commands) {
    const [noun = "", verb] = name.split(" ")
    expect([name, groupOf(noun)]).toEqual([name, expect.any(String)])
    if (verb !== undefined && noun !== "inbox")
      expect([noun, nouns[noun]]).toEqual([noun, expect.any(String)])
  }
})
