import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-versions-"))
}, 120_000)

const push = (text: string) => {
  const path = join(folder, "changing.yml")
  writeFileSync(path, `name: changing\ntasks:\n  one: { run: echo ${text} }\n  two: { uses: noop }\n`)
  return it.wf(["push", path])
}

test("versions are compared, and a workflow is archived and restored", async () => {
  await push("one")
  const alone = await it.wf(["workflows", "diff", "changing"])
  expect([alone.code, alone.stderr]).toEqual([
    2,
    "wf: changing has one version only: there is nothing to compare.\n",
  ])
  await push("two")
  await push("three")
  const diff = await it.wf(["workflows", "diff", "changing"])
  const changes = diff.stdout.split("\n").filter((line) => /^[-+]/.test(line))
  expect(changes).toEqual([
    "--- changing 2",
    "+++ changing 3",
    "-     run: echo two",
    "+     run: echo three",
  ])
  const json = await it.wf(["workflows", "diff", "changing", "1", "3", "--json"])
  expect(JSON.parse(json.stdout)).toEqual({
    workflow: "changing",
    from: 1,
    to: 3,
    changes: [
      { sign: "-", text: "    run: echo one" },
      { sign: "+", text: "    run: echo three" },
    ],
  })
  expect((await it.wf(["workflows", "archive", "changing"])).stdout).toBe("changing\tarchived\n")
  expect((await it.wf(["workflows", "list", "--archived"])).stdout).toStartWith("changing\t3\t")
  const refused = await it.wf(["run", "changing"])
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringMatching(
      /^wf: changing is archived: nothing of it is started\.\nBring it back with `wf workflows restore NAME`\./,
    ),
  ])
  expect((await it.wf(["workflows", "restore", "changing"])).stdout).toBe("changing\trestored\n")
  expect((await it.wf(["run", "changing"])).code).toBe(0)
})
