import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildBinary, type Target } from "#deploy/package/binary.ts"
import { platform, root, type Said, type UnderTest } from "#tests/e2e/platform.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-binary-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let it: UnderTest
let binary = ""
beforeAll(async () => {
  for (const name of ["home", "tmp", "nothing"]) mkdirSync(join(folder, name))
  binary = await buildBinary(`bun-${process.platform}-${process.arch}` as Target, join(folder, "wf"))
  it = await platform()
}, 120_000)

/** Nothing is in the PATH but what the system itself needs. */
const alone = { PATH: join(folder, "nothing"), HOME: join(folder, "home"), TMPDIR: join(folder, "tmp") }

const wf = async (words: readonly string[], env: Record<string, string> = {}): Promise<Said> => {
  const child = Bun.spawn([binary, ...words], {
    ...{ cwd: folder, env: { ...alone, ...env }, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

const there = () => ({ WF_URL: it.url, WF_TOKEN: it.token })

test("it says what it can do, as the source does", async () => {
  const source = await it.wf(["--help"])
  expect(await wf(["--help"])).toEqual(source)
  const ofRun = await it.wf(["run", "--help"])
  expect(await wf(["run", "--help"])).toEqual(ofRun)
})

test("it runs workflows on a platform, also those that are programs, and shows what became of them", async () => {
  const hello = await wf(["run", join(root, "examples/hello.yml"), "--json"], there())
  expect(hello.code).toBe(0)
  const { id } = JSON.parse(hello.stdout.trim().split("\n").at(-1) ?? "") as { id: string }
  const listed = await wf(["runs", "list", "--workflow", "hello"], there())
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(id)])
  expect((await wf(["logs", id], there())).stdout).toContain("greet\tHello, world!\n")
  expect(await wf(["run", join(root, "examples/restock.ts")], there())).toMatchObject({ code: 0 })
})

test("it writes files to begin with", async () => {
  const path = join(folder, "begun.yml")
  expect(await wf(["init", "hello", "--output", path])).toMatchObject({ code: 0, stdout: `${path}\n` })
  expect(await wf(["validate", path])).toEqual({ code: 0, stdout: "", stderr: "" })
})

test("it brings the examples along", async () => {
  const { code, stdout } = await wf(["demo"], there())
  expect(code).toBe(0)
  const started = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t")[0])
  const examples = readdirSync(join(root, "examples")).filter((name) => /\.(yml|ts)$/.test(name))
  expect(started).toHaveLength(examples.length)
})

test.each([["up"], ["up --detach"], [`run ${join(root, "examples/hello.yml")}`]])(
  "`wf %s` says where the platform is to be had",
  async (words) => {
    const { code, stdout, stderr } = await wf(words.split(" "))
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toStartWith("wf: This is the client alone.")
    expect(stderr).toContain("npm install --global wf bun@")
  },
)

test("`wf down` of a folder where nothing runs is done", async () => {
  expect(await wf(["down", "--data", join(folder, "none")])).toMatchObject({ code: 0 })
})
