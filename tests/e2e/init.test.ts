import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { choicesOf } from "#cli/completion/kinds.ts"
import { until } from "#kernel/testing/until.ts"
import { platform, root, type UnderTest } from "./platform.ts"
import { sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-init-"))

const init = (name: string, words: readonly string[]) =>
  it.wf(["init", ...words, "--output", join(folder, `${name}.yml`)])

describe("a file that is begun with", () => {
  test.each(["hello", "pipeline", "schedule"])("%s is valid, and runs", async (template) => {
    const path = join(folder, `${template}.yml`)
    const made = await init(template, [template, "--name", `init-${template}`])
    expect([made.code, made.stdout]).toEqual([0, `${path}\n`])
    expect(made.stderr).toBe(`Run it with \`wf run ${path}\`; what else it can do stands in the file.\n`)
    expect(readFileSync(path, "utf8")).toContain(`wf run ${path}`)
    expect(await it.wf(["validate", path])).toEqual({ code: 0, stdout: "", stderr: "" })
    const ran = await it.wf(["run", path])
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining(`✓ init-${template} completed`)])
    if (template === "pipeline") expect(ran.stdout).toContain("27 rows in 3 parts")
    if (template === "schedule") {
      expect((await it.wf(["schedules", "list"])).stdout).toContain("init-schedule")
    }
  })

  test("approval is valid, and goes on when somebody agrees", async () => {
    expect((await init("approval", ["approval"])).code).toBe(0)
    const path = join(folder, "approval.yml")
    expect(await it.wf(["validate", path])).toEqual({ code: 0, stdout: "", stderr: "" })
    const run_id = (await it.wf(["run", path, "--detach"])).stdout.trim()
    const isWaiting = async () => (await it.wf(["approvals", "list", "--all"])).stdout.includes(run_id)
    await until("it waits", isWaiting)
    await it.wf(["approve", run_id, "sign_off"])
    expect((await it.wf(["watch", run_id])).code).toBe(0)
    expect((await it.wf(["logs", run_id, "--task", "ship"])).stdout).toContain("has agreed.")
  })

  test("is each that there is", async () => {
    const { stdout } = await it.wf(["init", "--list"])
    const names = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "")
    expect(names).toEqual(["hello", "pipeline", "approval", "schedule"])
    // As TAB completes them.
    expect(choicesOf("template")).toEqual(names)
    expect(await it.wf(["init", "--list", "--json"])).toMatchObject({ code: 0, stderr: "" })
  })

  test("is chosen by who sits at a terminal", async () => {
    const path = join(folder, "asked.yml")
    const at = sitAt(it, ["init", "--output", path], { columns: 100, rows: 24 })
    await at.shows("Which one: hello, pipeline, approval, schedule? [hello]")
    at.press("approval\r")
    expect(await at.ended).toBe(0)
    expect(readFileSync(path, "utf8")).toContain("name: approval")
  })

  test("never takes the place of another, and is called by a name", async () => {
    const path = join(folder, "mine.yml")
    writeFileSync(path, "mine")
    const there = await init("mine", ["hello"])
    expect([there.code, there.stderr]).toEqual([6, expect.stringContaining("is there already")])
    expect(readFileSync(path, "utf8")).toBe("mine")
    const before = readdirSync(folder)
    for (const words of [
      ["nothing"],
      ["hello", "--name", "../evil"],
      ["hello", "--name", "a\nb: c"],
      ["hello", "--name", "x #"],
      ["hello", "--name", ""],
    ]) {
      expect([words, (await init("new", words)).code]).toEqual([words, 2])
    }
    expect(readdirSync(folder)).toEqual(before)
  })
})

test("the demo pushes every example and starts each once", async () => {
  const { code, stdout, stderr } = await it.wf(["demo"])
  expect([code, stderr]).toEqual([0, expect.stringContaining("Started. `wf runs list` shows them")])
  const started = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t"))
  const examples = readdirSync(join(root, "examples")).filter((name) => /\.(yml|ts)$/.test(name))
  expect(started.map(([name]) => name)).toEqual(examples.sort().map((name) => name.replace(/\.\w+$/, "")))
  for (const [workflow = "", run_id = ""] of started) {
    expect(await it.client.runs.get(run_id)).toMatchObject({ workflow, version: expect.any(Number) })
  }
  // Others of this platform's tests count what is open.
  for (const [, run_id = ""] of started) await it.wf(["cancel", run_id])
}, 60_000)
