import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { commands } from "#cli/commands.ts"
import { common_options } from "#cli/options-of-all.ts"
import { root } from "#tests/e2e/platform.ts"
import { sessions } from "./transcripts/sessions.ts"

const folder = join(root, "docs/transcripts")
const texts = sessions.map(({ name }) => [name, readFileSync(join(folder, `${name}.md`), "utf8")] as const)

/** Those that are there to be refused. */
const mistakes = ["rnu", "job"]

const typed = (text: string): readonly string[] =>
  [...text.matchAll(/^\$ wf (.+)$/gm)].map(([, line = ""]) => line)

test("there is a transcript of each session, and of nothing else", () => {
  expect(readdirSync(folder).sort()).toEqual([...sessions.map(({ name }) => `${name}.md`)].sort())
})

test.each(texts)(
  "the commands of %s are those of its session, and exist with their options",
  (name, text) => {
    const session = sessions.find((one) => one.name === name)
    const lines = typed(text)
    expect(lines.map((line) => line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "RUN"))).toEqual(
      (session?.parts ?? []).map(({ command }) => command.replace(/^wf /, "")),
    )
    for (const line of lines) {
      const [noun = "", verb = "", ...rest] = line.split(" ")
      if (mistakes.includes(noun)) continue
      const command = commands.find((one) => one.name === `${noun} ${verb}` || one.name === noun)
      const flags = [...(command?.options ?? []), ...common_options, ["--help", ""]].map(([flag]) => flag)
      const options = [verb, ...rest].filter((word) => word.startsWith("-"))
      const known = options.map((option) => flags.some((flag) => flag?.split(/[ ,]+/).includes(option)))
      expect([line, command === undefined, known]).toEqual([line, false, known.map(() => true)])
    }
  },
)

test.each(texts)("the screens of %s fit the terminal that they were taken at", (_, text) => {
  for (const [, screen = ""] of text.matchAll(/^```text\n([\s\S]*?)^```$/gm))
    for (const line of screen.split("\n").filter((one) => !one.startsWith("$ ")))
      expect(line.length).toBeLessThanOrEqual(80)
})
