import { describe, expect, test } from "bun:test"
import { commands } from "../commands.ts"
import { exit_codes } from "../exit.ts"
import { program } from "../program.ts"
import { capture } from "../testing/capture.ts"
import { pages } from "./pages.ts"
import { render } from "./render.ts"
import { type Topic, topics } from "./topics.ts"

const plain = { color: false }

const page = `# One thing

It is \`a b\` and **bold**, with [a link](https://x.test) and [another](other.md).
It goes on.

## Parts

- first, which is long enough that it has to be
  continued
- second

| key | what |
| --- | --- |
| \`a\` | x \\| y |
| longer | words and more words and even more words to wrap |

    code   stays

\`\`\`sh
so does   this
\`\`\`
`

describe("a page", () => {
  test("is wrapped, with what is code as it was written", () => {
    expect(render(page, { width: 50, io: plain }).split("\n")).toEqual([
      "ONE THING",
      "",
      "It is `a b` and bold, with a link (https://x.test)",
      "and another. It goes on.",
      "",
      "Parts",
      "",
      "- first, which is long enough that it has to be",
      "  continued",
      "- second",
      "",
      "KEY     WHAT",
      "`a`     x | y",
      "longer  words and more words and even more words",
      "        to wrap",
      "",
      "    code   stays",
      "",
      "    so does   this",
    ])
  })

  test("has a table's rows as paragraphs where columns don't fit", () => {
    const narrow = render("| a | b |\n| --- | --- |\n| a long name | what it is |\n", {
      width: 20,
      io: plain,
    })
    expect(narrow).toBe("a long name\n    what it is")
  })

  test("has its columns below each other, with colours and without", () => {
    const table = "| a | b |\n| --- | --- |\n| `x` | one |\n| long | two |\n"
    expect(render(table, { width: 40, io: { color: true } }).split("\n")).toEqual([
      "A     B",
      "\u001b[36mx\u001b[0m     one",
      "long  two",
    ])
  })

  test("shows code by its colour where there are colours, also over the end of a line", () => {
    const text = render("say `one two three four` now", { width: 20, io: { color: true } })
    expect(text).toBe("say\n\u001b[36mone two three four\u001b[0m\nnow")
  })
})

const wf = async (...words: readonly string[]) => {
  const io = capture()
  const code = await program(words, io)
  return { code, out: io.printed.join("\n"), note: io.noted.join("\n") }
}

describe("wf help", () => {
  test("lists its pages", async () => {
    const { code, out } = await wf("help")
    expect([code, out.split("\n").map((line) => line.split("\t")[0])]).toEqual([0, Object.keys(topics)])
    const person = capture({ out_is_tty: true })
    await program(["help"], person)
    expect(
      person.printed
        .join("\n")
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([])
  })

  test.each(Object.keys(topics))(
    "%s fits 80 columns but for what is code, and has no escapes",
    async (topic) => {
      const { code, out } = await wf("help", topic)
      expect(code).toBe(0)
      const wide = out.split("\n").filter((line) => line.length > 80 && !line.startsWith("    "))
      expect([wide, out.includes("\u001b")]).toEqual([[], false])
    },
  )

  test.each(commands.map(({ name }) => [name] as const))(
    "%s is its --help, within 80 columns",
    async (name) => {
      const asked = await wf("help", ...name.split(" "))
      expect(asked).toEqual(await wf(...name.split(" "), "--help"))
      expect(asked.out.split("\n").filter((line) => line.length > 80)).toEqual([])
      expect(asked.out).toStartWith("Examples:\n")
    },
  )

  test("names other pages by what can be typed", async () => {
    const { out } = await wf("help", "workflow-files")
    expect(out).toContain("`wf help expressions`")
    expect(out).not.toContain("`docs/expressions.md`")
  })

  test("of a page that isn't there says which may have been meant", async () => {
    expect(await wf("help", "expresions")).toMatchObject({ code: 2, out: "" })
    expect((await wf("help", "expresions")).note).toContain("Did you mean `wf help expressions`?")
    expect((await wf("help", "exit", "codes")).code).toBe(0)
  })
})

const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`wf ([a-z-]+)(?: ([a-z-]+))?[^`]*`|^ {4}wf ([a-z-]+)(?: ([a-z-]+))?/gm)].map(
    ([, noun, verb, other_noun, other_verb]) => [noun ?? other_noun, verb ?? other_verb].join(" ").trim(),
  )

test("the pages name only commands that there are", () => {
  const names = commands.map(({ name }) => name)
  for (const topic of Object.keys(topics) as Topic[]) {
    for (const command of commandsIn(pages[topic])) {
      const [noun = ""] = command.split(" ")
      const known = names.includes(command) || names.includes(noun) || names.some((n) => n === `${noun} list`)
      expect([topic, command, known]).toEqual([topic, command, true])
    }
  }
})

test("the page of exit codes has all of them", () => {
  const told = [...pages["exit-codes"].matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code))
  expect(told).toEqual(Object.values(exit_codes))
})

test("the page of the environment names variables that are read", async () => {
  const glob = new Bun.Glob("{cli,kernel,services}/**/*.ts")
  const root = new URL("../..", import.meta.url).pathname
  const paths = (await Array.fromAsync(glob.scan({ cwd: root }))).filter((path) => !path.includes(".test."))
  const code = (await Promise.all(paths.map((path) => Bun.file(root + path).text()))).join("\n")
  for (const [, name = ""] of pages.environment.matchAll(/`(WF_[A-Z_]+)`/g))
    expect([name, code.includes(name)]).toEqual([name, true])
})
