import { afterEach, beforeAll, expect, test } from "bun:test"
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { doorTo } from "./door.ts"
import { platform, type UnderTest } from "./platform.ts"
import { leaveAll, type Sitting, sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const sitting: Sitting[] = []
afterEach(() => leaveAll(sitting))

const usual = { columns: 100, rows: 40 }

const push = (words: readonly string[], url = it.url): Sitting => {
  const at = sitAt({ url, token: it.token }, ["push", ...words], usual)
  sitting.push(at)
  return at
}

const newFolder = () => mkdtempSync(join(tmpdir(), "wf-e2e-push-"))

const text = (name: string, said: string) => `name: ${name}\ntasks:\n  go: { run: echo ${said} }\n`

/** As careful editors do it. */
const saveByRename = (path: string, content: string): void => {
  writeFileSync(`${path}~`, content)
  renameSync(`${path}~`, path)
}

const versionOf = async (name: string) => (await it.client.workflows.get(name)).version

test("many files and folders are pushed at once; at a terminal one sees what changed", async () => {
  const folder = newFolder()
  for (const name of ["push-one", "push-two"]) writeFileSync(join(folder, `${name}.yml`), text(name, "a"))
  const piped = await it.wf(["push", folder])
  expect(piped).toEqual({ code: 0, stdout: "push-one\t1\tcreated\npush-two\t1\tcreated\n", stderr: "" })
  writeFileSync(join(folder, "push-two.yml"), text("push-two", "b"))
  const at = push([folder])
  expect(await at.ended).toBe(0)
  const left = at.left().filter((line) => line !== "")
  expect(left[0]).toMatch(/^push-one\s+1\s+unchanged$/)
  expect(left.slice(1, 3)).toEqual(["--- push-two 1", "+++ push-two 2"])
  expect(left).toContain("-     run: echo a")
  expect(left).toContain("+     run: echo b")
  expect(left.at(-1)).toMatch(/^push-two\s+2\s+created$/)
  expect(at.written()).toContain("\u001b[32m+     run: echo b\u001b[0m")
})

test("a dry run says what would change, and changes nothing", async () => {
  const folder = newFolder()
  const path = join(folder, "push-dry.yml")
  writeFileSync(path, text("push-dry", "a"))
  const first = await it.wf(["push", path, "--dry-run"])
  expect(first).toMatchObject({ code: 0, stdout: "push-dry\t1\twould create\n" })
  expect((await it.wf(["workflows", "show", "push-dry"])).code).toBe(5)
  await it.wf(["push", path])
  expect((await it.wf(["push", path, "--dry-run"])).stdout).toBe("push-dry\t1\tunchanged\n")
  writeFileSync(path, text("push-dry", "b"))
  const { stdout, stderr } = await it.wf(["push", path, "--dry-run"])
  expect(stdout).toBe("push-dry\t2\twould create\n")
  expect(stderr).toContain("-     run: echo a\n+     run: echo b\n")
  expect(JSON.parse((await it.wf(["push", path, "--dry-run", "--json"])).stdout)).toMatchObject({
    ...{ workflow: "push-dry", from: 1, to: 2, would_create: true },
  })
  expect(await versionOf("push-dry")).toBe(1)
})

test("nothing is pushed of files of which one is wrong, or of two with the same name", async () => {
  const folder = newFolder()
  writeFileSync(join(folder, "a.yml"), text("push-none", "a"))
  writeFileSync(join(folder, "b.yml"), text("push-none", "b"))
  const twice = await it.wf(["push", folder])
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("called `push-none`")])
  writeFileSync(join(folder, "b.yml"), "name: push-other\n")
  const wrong = await it.wf(["push", folder])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("b.yml:1:1: ")])
  expect((await it.wf(["workflows", "show", "push-none"])).code).toBe(5)
  for (const [path, code] of [
    [join(folder, "nowhere"), 5],
    [newFolder(), 2],
  ] as const) {
    expect((await it.wf(["push", path])).code).toBe(code)
  }
})

test("each save is pushed, however an editor saves, and a broken file is told and waited for", async () => {
  const folder = newFolder()
  const path = join(folder, "push-watched.yml")
  writeFileSync(path, text("push-watched", "a"))
  const at = push([folder, "--watch"])
  await at.shows(/push-watched +1 +created/)
  saveByRename(path, text("push-watched", "b"))
  await at.shows("+     run: echo b")
  await at.shows(/push-watched +2 +created/)
  writeFileSync(path, "name: push-watched\ntasks: {")
  await at.shows(/push-watched\.yml:\d+:\d+: /)
  writeFileSync(path, text("push-watched", "c"))
  await at.shows(/push-watched +3 +created/)
  // What changes nothing is pushed, and says so.
  appendFileSync(path, "# a comment\n")
  await at.shows(/push-watched +3 +unchanged/)
  const other = join(folder, "push-appears.yml")
  writeFileSync(other, text("push-appears", "a"))
  await at.shows(/push-appears +1 +created/)
  rmSync(other)
  await at.shows("push-appears.yml is gone; what was pushed of it stays.")
  expect(await versionOf("push-appears")).toBe(1)
  at.press("\u0003")
  expect(await at.ended).toBe(130)
}, 60_000)

test("so are files that a workflow names", async () => {
  const folder = newFolder()
  const path = join(folder, "push-bundle.yml")
  mkdirSync(join(folder, "lib"))
  writeFileSync(join(folder, "lib/run.sh"), "echo a")
  writeFileSync(path, "name: push-bundle\nfiles: [lib/run.sh]\ntasks:\n  go: { run: sh lib/run.sh }\n")
  const at = push([path, "--watch"])
  await at.shows(/push-bundle +1 +created/)
  saveByRename(join(folder, "lib/run.sh"), "echo b")
  await at.shows(/push-bundle +2 +created/)
  expect(at.left().filter((line) => /^push-bundle.*(?:created|unchanged)$/.test(line))).toHaveLength(2)
})

test("a platform that is away is waited for", async () => {
  const door = doorTo(it.url)
  const path = join(newFolder(), "push-away.yml")
  writeFileSync(path, text("push-away", "a"))
  const at = push([path, "--watch"], door.url)
  await at.shows(/push-away +1 +created/)
  await door.shut()
  writeFileSync(path, text("push-away", "b"))
  await at.shows("Trying again …")
  door.open()
  await at.shows(/push-away +2 +created/)
  await until("it is there", async () => (await versionOf("push-away")) === 2)
  at.press("\u0003")
  await at.ended
  await door.shut()
})
