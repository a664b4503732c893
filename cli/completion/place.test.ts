import { describe, expect, test } from "bun:test"
import { commands } from "../commands.ts"
import { bashReplies, wordsOf } from "./bash.ts"
import { kindOfArgument } from "./kinds.ts"
import { placeOf } from "./place.ts"

const placeIn = (line: string) => {
  const words = line.split(" ")
  return placeOf(words.slice(0, -1), words.at(-1) ?? "", commands)
}

test("it is said of every argument of every command what goes there", () => {
  for (const { name, arguments: own = [] } of commands)
    for (const argument of own)
      expect([name, argument, kindOfArgument(name, argument)]).toEqual([name, argument, expect.any(String)])
})

test.each([
  ["ru", "command"],
  ["runs ", "verb"],
  ["runs lits ", "nothing"],
  ["whoami ", "nothing"],
  ["logs --t", "option"],
  ["logs -- --t", "value"],
  ["frobnicate ", "nothing"],
  ["constructor ", "nothing"],
])("at the end of `wf %s` there is a %s", (line, is) => {
  expect(placeIn(line)).toMatchObject({ is: is as "command" })
})

test.each([
  ["run ", "workflow-or-file", ""],
  ["run nightly -i ", "input", ""],
  ["run nightly --input=", "input", "--input="],
  ["runs cancel ", "run", ""],
  ["runs ls --status ", "run-status", ""],
  ["jobs list --status ", "job-status", ""],
  ["logs RUN --task ", "task", ""],
  ["logs --task ", "task", ""],
  ["artifacts download RUN ", "artifact", ""],
  ["push a.yml b.", "file", ""],
  ["up --data ", "folder", ""],
  ["help ", "topic", ""],
  ["runs list --profile ", "profile", ""],
])("`wf %s` goes on with a %s", (line, kind, before) => {
  expect(placeIn(line)).toMatchObject({ is: "value", kind: kind as "run", before })
})

test("an option that was given isn't offered again, but where it may be repeated", () => {
  const place = placeIn("run x --detach -i a=1 -")
  const names = place.is === "option" ? place.flags.flatMap((flag) => flag.names) : []
  expect(names).toContain("--input")
  expect(names).toContain("--timeout")
  expect(names).not.toContain("--detach")
})

describe("a line of bash", () => {
  test.each([
    [`wf a "b c" d\\ e 'f"g' "h\\$i\\j"`, ["wf", "a", "b c", "d e", 'f"g', "h$i\\j"]],
    ["wf a ", ["wf", "a", ""]],
    ["wf a'b'\"c\"d", ["wf", "abcd"]],
    ["wf 'open it", ["wf", "open it"]],
    ["wf a\\", ["wf", "a"]],
    ["", [""]],
  ])("%p has its words", (line, words) => {
    expect(wordsOf(line).map(({ text }) => text)).toEqual(words)
  })

  const breaks = " \t\n\"'><=;|&(:"
  test.each([
    ["", "a b", "a\\ b"],
    ["a:", "a:b c", "b\\ c"],
    ["a\\:", "a:b", "a:b"],
    ["--x=a", "--x=a$b", "a\\$b"],
    ['"a ', "a $b`c`", "a \\$b\\`c\\`"],
    ["'it", "it's", "it'\\''s"],
    ['x"a', "xa b", "a b"],
    ['"a!', "a!b", 'a"\\!"b'],
    ["", "~home", "\\~home"],
    ["", "ünï", "ünï"],
  ])("with %p typed, %p is put there as %p", (typed, value, reply) => {
    const word = wordsOf(`wf ${typed}`).at(-1)
    expect(word && bashReplies([{ value, about: "" }], word, breaks)).toEqual([reply])
  })
})
