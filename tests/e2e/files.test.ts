import { afterAll, beforeAll, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-e2e-files-"))
  mkdirSync(join(folder, "lib"))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string, mode = 0o644) => {
  writeFileSync(join(folder, path), text)
  chmodSync(join(folder, path), mode)
}

const flow = `name: with-files
files: [greet.sh, lib/words.txt, judge.ts]
tasks:
  greet: { run: "./greet.sh lib/words.txt", outputs: [words] }
  judge:
    needs: [greet]
    uses: script
    with: { file: judge.ts, data: { words: "\${{ tasks.greet.outputs.words }}" } }
`

const judge = `import { readFileSync } from "node:fs"
export default ({ data }) => ({ same: readFileSync("lib/words.txt", "utf8").trim() === data.words })
`

test("a workflow's files are there when its tasks run, and changing one makes a version", async () => {
  write("flow.yml", flow)
  write("greet.sh", '#!/bin/sh\necho "words=$(cat "$1")" >> "$WF_OUTPUT"\n', 0o755)
  write("lib/words.txt", "good morning\n")
  write("judge.ts", judge)
  const path = join(folder, "flow.yml")
  expect((await it.wf(["push", path])).stdout).toBe("with-files\t1\tcreated\n")
  expect((await it.wf(["push", path])).stdout).toBe("with-files\t1\tunchanged\n")
  write("lib/words.txt", "good night\n")
  const ran = await it.wf(["run", path, "--json"])
  expect([ran.code, ran.stderr]).toEqual([0, ""])
  const run = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "") as {
    readonly version: number
    readonly tasks: readonly { readonly outputs: unknown }[]
  }
  expect([run.version, run.tasks.map(({ outputs }) => outputs)]).toEqual([
    2,
    [{ words: "good night" }, { same: true }],
  ])
  const diff = await it.wf(["workflows", "diff", "with-files"])
  const changes = diff.stdout.split("\n").filter((line) => /^[-+] /.test(line))
  expect(changes).toEqual([
    expect.stringMatching(/^- # file lib\/words.txt: 13 bytes, sha256 [0-9a-f]{12}$/),
    expect.stringMatching(/^\+ # file lib\/words.txt: 11 bytes, sha256 [0-9a-f]{12}$/),
  ])
  expect((await it.wf(["run", "with-files", "--version", "1"])).code).toBe(0)
})

test("a workflow that another one runs has its own files, by the same names", async () => {
  write(
    "part.yml",
    "name: with-own\nfiles: [say.sh]\ntasks:\n  say: { run: ./say.sh }\noutputs:\n  said: ${{ tasks.say.outputs.said }}\n",
  )
  write("say.sh", '#!/bin/sh\necho "said=part" >> "$WF_OUTPUT"\n', 0o755)
  expect((await it.wf(["push", join(folder, "part.yml")])).code).toBe(0)
  write("say.sh", '#!/bin/sh\necho "said=whole" >> "$WF_OUTPUT"\n', 0o755)
  const whole = `name: with-part
files: [say.sh]
tasks:
  say: { run: ./say.sh }
  part: { uses: workflow, with: { name: with-own } }
outputs:
  said: "\${{ [tasks.say.outputs.said, tasks.part.outputs.said] }}"
`
  write("whole.yml", whole)
  const ran = await it.wf(["run", join(folder, "whole.yml"), "--json"])
  expect(ran.code).toBe(0)
  expect(JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
    outputs: { said: ["whole", "part"] },
  })
})

test("a file that isn't there is named with its place, before anything is sent", async () => {
  write("absent.yml", "name: absent-file\nfiles:\n  - not-there.sh\ntasks:\n  one: { run: ./not-there.sh }\n")
  const path = join(folder, "absent.yml")
  const said = `${path}:3:5: there is no file \`not-there.sh\` beside the workflow\n`
  for (const command of ["validate", "push", "run"]) {
    const refused = await it.wf([command, path])
    expect([command, refused.code, refused.stderr]).toEqual([command, 2, said])
  }
  expect((await it.wf(["workflows", "show", "absent-file"])).code).toBe(5)
})

test("plain HTTP brings files as text", async () => {
  const response = await fetch(`${it.url}/api/v1/workflows`, {
    method: "POST",
    headers: { authorization: `Bearer ${it.token}`, "content-type": "application/json" },
    body: JSON.stringify({
      definition: { name: "by-http", files: ["run.sh"], tasks: { one: { run: "./run.sh" } } },
      files: [{ path: "run.sh", content: '#!/bin/sh\necho "a=1" >> "$WF_OUTPUT"\n', executable: true }],
    }),
  })
  expect(response.status).toBe(201)
  expect((await it.wf(["run", "by-http"])).code).toBe(0)
})
