import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type Said, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-mistakes-"))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** One paragraph that helps: never a stack trace, never a word on stdout. */
const helps = ({ stdout, stderr }: Said): void => {
  expect(stdout).toBe("")
  expect(stderr.trim()).not.toBe("")
  expect(stderr).not.toMatch(/^\s+at .+:\d+/m)
  expect(stderr).not.toContain("this is a bug")
}

type Mistake = {
  readonly what: string
  readonly words: readonly string[]
  readonly code: number
  readonly says: string | RegExp
  readonly env?: Record<string, string>
}

const mistakes: readonly Mistake[] = [
  { what: "an unknown command", words: ["rnu", "x.yml"], code: 2, says: /unknown command 'rnu'[\s\S]*run/ },
  { what: "another program's word", words: ["ps"], code: 2, says: /unknown command 'ps'[\s\S]*wf runs list/ },
  {
    what: "a name for a run's id",
    words: ["watch", "hello"],
    code: 2,
    says: "is not a run's id. `wf runs list`",
  },
  {
    what: "an unknown option",
    words: ["run", "x.yml", "--detatch"],
    code: 2,
    says: /unknown option '--detatch'[\s\S]*--detach/,
  },
  { what: "a missing argument", words: ["run"], code: 2, says: "missing required argument" },
  {
    what: "a file that isn't there",
    words: ["run", "nowhere.yml"],
    code: 5,
    says: "There is no file nowhere.yml",
  },
  { what: "a folder for a file", words: ["run", "./examples"], code: 2, says: "is not a file" },
  {
    what: "malformed YAML",
    words: ["run", file("broken.yml", "name: broken\ntasks:\n  one: [\n")],
    code: 2,
    says: /broken\.yml:\d+:\d+: /,
  },
  {
    what: "an unknown task type",
    words: ["run", file("type.yml", "name: type\ntasks:\n  one:\n    uses: shel\n    with: { run: ls }\n")],
    code: 2,
    says: /type\.yml:4:\d+: .*shel[\s\S]*did you mean `shell`/,
  },
  {
    what: "a cycle",
    words: [
      "run",
      file("cycle.yml", "name: cycle\ntasks:\n  a: { run: ls, needs: [b] }\n  b: { run: ls, needs: [a] }\n"),
    ],
    code: 2,
    says: /a → b → a|b → a → b/,
  },
  {
    what: "a need that isn't there",
    words: [
      "run",
      file("needs.yml", "name: needs\ntasks:\n  build: { run: ls }\n  test: { run: ls, needs: [biuld] }\n"),
    ],
    code: 2,
    says: /needs\.yml:4:\d+: .*biuld[\s\S]*did you mean `build`/,
  },
  {
    what: "an input of the wrong type",
    words: [
      "run",
      file("typed.yml", "name: typed\ninputs:\n  rows: { type: integer }\ntasks:\n  one: { run: ls }\n"),
      "-i",
      "rows=many",
    ],
    code: 2,
    says: /rows: must be/,
  },
  {
    what: "a file of inputs that can't be read",
    words: [
      "run",
      file("unread.yml", "name: unread\ntasks:\n  one: { run: ls }\n"),
      "--inputs",
      file("inputs.yml", "a: [\n"),
    ],
    code: 2,
    says: /inputs\.yml:\d+:\d+: /,
  },
  {
    what: "a file of inputs of the wrong type",
    words: [
      "run",
      file(
        "unread-too.yml",
        "name: unread\ninputs:\n  rows: { type: integer }\ntasks:\n  one: { run: ls }\n",
      ),
      "--inputs",
      file("many.yml", "rows: many\n"),
    ],
    code: 2,
    says: /rows: must be/,
  },
  {
    what: "an input that isn't declared",
    words: ["run", "examples/hello.yml", "-i", "nmae=Ada"],
    code: 2,
    says: /nmae[\s\S]*did you mean `name`/,
  },
  {
    what: "a workflow that isn't there",
    words: ["run", "nobody-pushed-this"],
    code: 5,
    says: "wf workflows list",
  },
  {
    what: "a run that isn't there",
    words: ["watch", "0198c0de-0000-7000-8000-000000000000"],
    code: 5,
    says: "wf runs list",
  },
  {
    what: "a word that is no run",
    words: ["logs", "latest"],
    code: 2,
    says: "is not a run's id. `wf runs list`",
  },
  {
    what: "a duration nobody understands",
    words: ["watch", "01a1fd25-4d5d-7000-a532-2f6eaba00000", "--timeout", "soon"],
    code: 2,
    says: "takes a duration",
  },
  {
    what: "a server that isn't running",
    words: ["runs", "list"],
    code: 7,
    says: "wf up",
    env: { WF_URL: "http://127.0.0.1:9" },
  },
  {
    what: "an address that is none",
    words: ["runs", "list"],
    code: 2,
    says: "is not a URL",
    env: { WF_URL: "here" },
  },
  {
    what: "a wrong token",
    words: ["runs", "list"],
    code: 4,
    says: "wf login",
    env: { WF_TOKEN: "wft_wrong" },
  },
  {
    what: "a token of garbage",
    words: ["runs", "list"],
    code: 4,
    says: "wf login",
    env: { WF_TOKEN: "a.b.c" },
  },
]

for (const { what, words, code, says, env } of mistakes) {
  test(`${what} is answered by what to do, with exit code ${code}`, async () => {
    const said = await it.wf(words, env ? { env } : {})
    helps(said)
    expect(said.stderr).toMatch(says)
    expect(said.code).toBe(code)
  })
}

test("nothing of a refused file is kept", async () => {
  const names: string[] = []
  for await (const workflow of it.client.workflows.all()) names.push(workflow.name)
  for (const refused of ["broken", "type", "cycle", "needs", "typed", "unread"])
    expect(names).not.toContain(refused)
})

test("validate names every problem with its place, and exits 2", async () => {
  const path = file(
    "several.yml",
    "name: several\ntsaks: {}\ntasks:\n  one: { rnu: ls }\n  two: { run: ls, needs: [zero] }\n",
  )
  const said = await it.wf(["validate", path])
  helps(said)
  expect(said.code).toBe(2)
  expect(said.stderr.trim().split("\n").length).toBeGreaterThanOrEqual(3)
})
