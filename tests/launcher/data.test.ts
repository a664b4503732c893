import { afterAll, beforeAll, expect, test } from "bun:test"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { clone, giveTo, installed, removeFolders, temporaryFolder } from "./checkout.ts"
import { areGone, endAll, up, wf } from "./launched.ts"

let checkout = ""

beforeAll(() => {
  checkout = installed(clone(temporaryFolder()))
}, 60_000)

afterAll(async () => {
  await endAll()
  removeFolders()
})

/** A later release: the same with one more migration. */
const laterRelease = (text: string): string => {
  const later = installed(clone(temporaryFolder()))
  const folder = join(later, "services/workflow/migrations")
  const next = readdirSync(folder).length + 1
  const name = `${String(next).padStart(4, "0")}_later.sql`
  writeFileSync(join(folder, name), text.replaceAll("NEXT", String(next)))
  return later
}

const logged = (data: string, event: string): readonly string[] =>
  readFileSync(join(data, "log"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"${event}"`))

test("a later release migrates the data; the earlier one still takes it, unless the later one says it can't", async () => {
  const home = temporaryFolder()
  const data = join(home, "data")
  const early = { checkout, home, words: ["--data", data] }
  const first = await up(early)
  const run = { checkout, home, words: ["run", "examples/hello.yml", "--detach"] }
  const run_id = (await wf(run)).stdout.trim()
  await wf({ ...run, words: ["watch", run_id] })
  await first.stop("SIGTERM")

  const adds = laterRelease("create table later (id int);\n")
  const migrated = logged(data, "database.migrated").length
  const second = await up({ ...early, checkout: adds })
  expect(logged(data, "database.migrated").length).toBe(migrated + 1)
  const shown = await wf({ checkout: adds, home, words: ["runs", "show", run_id, "--field", "status"] })
  expect(shown.stdout).toBe("completed\n")
  await second.stop("SIGTERM")
  const back = await up(early)
  await back.stop("SIGTERM")
}, 120_000)

test("the data of a release that is too new is refused in a paragraph, and everything is stopped again", async () => {
  const home = temporaryFolder()
  const data = join(home, "data")
  const breaks = laterRelease("-- oldest_reader: NEXT\ncreate table later (id int);\n")
  const newer = await up({ checkout: breaks, home, words: ["--data", data] })
  await newer.stop("SIGTERM")
  const refused = await wf({ checkout, home, words: ["up", "--port", "0", "--data", data] })
  expect([refused.code, refused.stdout]).toEqual([6, ""])
  expect(refused.stderr).toMatch(/newer release.*Start that newer release/s)
  expect(refused.stderr).not.toMatch(/^\s+at /m)
  expect(await areGone(processesNaming(data))).toBe(true)
  const again = await up({ checkout: breaks, home, words: ["--data", data] })
  expect(await again.stop("SIGTERM")).toBe(0)
}, 120_000)

const processesNaming = (text: string): readonly number[] =>
  Bun.spawnSync(["ps", "-axo", "pid=,args="])
    .stdout.toString()
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10))

const root_only = process.getuid?.() === 0
if (!root_only) process.stderr.write("SKIPPED: starting as another user can only be tested as root\n")

test.skipIf(!root_only)(
  "an ordinary user with a clone of their own starts it as themselves",
  async () => {
    const home = temporaryFolder(0o700)
    const uid = 65_534
    const theirs = installed(clone(home))
    giveTo(home, uid)
    const platform = await up({ checkout: theirs, home, uid })
    expect(platform.stderr()).toContain("run as you")
    const owners = Bun.spawnSync(["ps", "-o", "uid=", "-p", String(platform.pid)]).stdout.toString()
    expect(Number(owners)).toBe(uid)
    const ran = await wf({ checkout: theirs, home, uid, words: ["run", "examples/hello.yml"] })
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("✓ hello completed")])
    expect(await platform.stop("SIGTERM")).toBe(0)
  },
  120_000,
)

test.skipIf(!root_only)(
  "a data folder that one may not write is refused in a paragraph",
  async () => {
    const home = temporaryFolder()
    giveTo(home, 65_534)
    const roots = temporaryFolder()
    const refused = await wf({
      checkout,
      home,
      uid: 65_534,
      words: ["up", "--port", "0", "--data", join(roots, "data")],
    })
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("you may not write there")])
    expect(refused.stderr.trim().split("\n")).toHaveLength(1)
  },
  60_000,
)
