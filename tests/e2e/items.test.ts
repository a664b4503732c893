import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-items-e2e-"))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const begun = async (path: string, ...words: string[]): Promise<{ run_id: string; code: number }> => {
  const run_id = (await it.wf(["run", path, "--detach", ...words])).stdout.trim()
  return { run_id, code: (await it.wf(["watch", run_id])).code }
}

test("a fan-out over data: items by their names in events, logs and lists, and a join that reads all", async () => {
  const { code, stdout } = await it.wf(["run", "examples/fan-out.yml"])
  expect(code).toBe(0)
  for (const line of [
    "count[1] │ banana has 6 letters",
    "✓ count[3] completed",
    "bake[0] │ A small tart",
    "total │ 4 words: [5,6,6,4]",
    "total │ 21 letters",
  ]) {
    expect(stdout).toContain(line)
  }
  expect(stdout.indexOf("✓ count completed")).toBeGreaterThan(stdout.indexOf("✓ count[3] completed"))
  expect(stdout.indexOf("▶ total started")).toBeGreaterThan(stdout.indexOf("✓ count completed"))
})

test("another list makes other items, each with its own log", async () => {
  const { run_id, code } = await begun("examples/fan-out.yml", "-i", `words=["fig","pl'um; $(id)"]`)
  expect(code).toBe(0)
  const log = await it.wf(["logs", run_id, "--task", "count[1]"])
  expect(log.stdout).toBe("count[1]\tpl'um; $(id) has 12 letters\n")
  const all = await it.wf(["logs", run_id, "--task", "count"])
  expect(all.stdout.trim().split("\n").toSorted()).toEqual([
    "count[0]\tfig has 3 letters",
    "count[1]\tpl'um; $(id) has 12 letters",
  ])
  const { tasks = [] } = await it.client.runs.get(run_id)
  expect(tasks.find(({ task }) => task === "count")).toMatchObject({
    item: null,
    outputs: { letters: [3, 12] },
  })
  expect(tasks.find(({ task }) => task === "count[1]")).toMatchObject({ item: 1, status: "completed" })
  const shown = (await it.wf(["runs", "show", run_id])).stdout.split("\n").map((line) => line.split("\t")[0])
  expect(shown.slice(shown.indexOf("count"), shown.indexOf("count") + 3)).toEqual([
    "count",
    "count[0]",
    "count[1]",
  ])
})

test("no items, no work: what comes after goes on", async () => {
  const { run_id, code } = await begun("examples/fan-out.yml", "-i", "words=[]")
  expect(code).toBe(0)
  expect((await it.wf(["logs", run_id, "--task", "total"])).stdout).toContain("0 words: []")
})

test("a failed item fails its task and names itself; a rerun of what failed does it alone, and keeps files by item", async () => {
  const path = file(
    "shards.yml",
    `name: shards
inputs: { broken: { type: string, default: b } }
tasks:
  shard:
    for_each: [a, b, c]
    run: |
      test ${"${{ item }}"} != ${"${{ inputs.broken }}"} || exit 3
      echo ${"${{ item }}"} > part-${"${{ index }}"}.txt
    artifacts: ["*.txt"]
`,
  )
  const { run_id, code } = await begun(path)
  expect(code).toBe(1)
  const failed = await it.client.runs.get(run_id)
  const shard = failed.tasks?.find(({ task }) => task === "shard")
  expect(shard?.error).toEqual({ code: "items.failed", message: "1 of 3 items failed: shard[1]." })
  const again = await it.wf(["rerun", run_id, "--failed", "-i", "broken=none"])
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("✓ shard[1] completed")])
  expect(again.stdout).not.toContain("shard[0]")
  const files = (await it.wf(["artifacts", "list", run_id])).stdout
  expect(files).toContain("part-0.txt")
  expect(files).toContain("shard[2]")
})

test("items that keep files of the same name keep all of them, and a name that only one has is enough", async () => {
  const path = file(
    "same-name.yml",
    `name: same-name
tasks:
  shard:
    for_each: [a, b]
    run: |
      mkdir out
      echo ${"${{ item }}"} > out/rows.csv
      test ${"${{ index }}"} = 0 || echo only > last.txt
    artifacts: ["out/*.csv", "last.txt"]
`,
  )
  const { run_id, code } = await begun(path)
  expect(code).toBe(0)
  const listed = await it.wf(["artifacts", "list", run_id])
  expect(
    listed.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t").slice(0, 2)),
  ).toEqual([
    ["shard[0]/out/rows.csv", "shard[0]"],
    ["shard[1]/last.txt", "shard[1]"],
    ["shard[1]/out/rows.csv", "shard[1]"],
  ])
  const taken = async (name: string) => it.wf(["artifacts", "download", run_id, name, "-o", "-"])
  expect((await taken("shard[0]/out/rows.csv")).stdout).toBe("a\n")
  expect((await taken("shard[1]/out/rows.csv")).stdout).toBe("b\n")
  expect((await taken("last.txt")).stdout).toBe("only\n")
  const both = await taken("out/rows.csv")
  expect([both.code, both.stderr]).toEqual([
    2,
    "wf: Several items have kept a file out/rows.csv. Name one:\n  shard[0]/out/rows.csv\n  shard[1]/out/rows.csv\n",
  ])
  expect(await (await it.client.artifacts.download(run_id, "last.txt")).text()).toBe("only\n")
  const refused = it.client.artifacts.download(run_id, "out/rows.csv")
  expect(refused).rejects.toMatchObject({
    code: "artifact.not_found",
    message: expect.stringContaining('such as "shard[0]/out/rows.csv", "shard[1]/out/rows.csv"'),
  })
})

test("what is no list says so, with the task's name", async () => {
  const path = file(
    "wrong.yml",
    `name: wrong
tasks:
  list: { run: 'echo many=3 >> $WF_OUTPUT' }
  one: { run: echo, needs: [list], for_each: "${"${{ tasks.list.outputs.many }}"}" }
`,
  )
  const { code, stdout } = await it.wf(["run", path])
  expect([code, stdout]).toEqual([1, expect.stringContaining("✗ one failed: Its items can't be told")])
})
