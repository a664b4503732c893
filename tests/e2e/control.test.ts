import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-control-"))
}, 120_000)

const file = (name: string, text: string): string => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, `name: ${name}\n${text}`)
  return path
}

const ended = async (run_id: string) => {
  for await (const _ of it.client.runs.watch(run_id));
  return it.client.runs.get(run_id)
}

const tasksOf = async (run_id: string) =>
  Object.fromEntries((await it.client.runs.tasks(run_id)).items.map((task) => [task.task, task]))

describe("a run", () => {
  test("is paused and resumed from the command line, and ends as if nothing had been", async () => {
    const path = file(
      "pausable",
      "tasks:\n  first: { run: sleep 0.5 }\n  second: { uses: noop, needs: [first] }\n",
    )
    const { stdout } = await it.wf(["run", path, "--detach"])
    const run_id = stdout.trim()
    expect((await it.wf(["pause", run_id])).code).toBe(0)
    await until("the first has ended", async () => (await tasksOf(run_id)).first?.status === "completed")
    expect((await it.client.runs.get(run_id)).status).toBe("paused")
    expect((await tasksOf(run_id)).second?.status).toBe("queued")
    expect(JSON.parse((await it.wf(["resume", run_id, "--json"])).stdout)).toMatchObject({
      status: "running",
    })
    expect(await ended(run_id)).toMatchObject({ status: "completed" })
    const refused = await it.wf(["pause", run_id])
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("The run is completed")])
  })

  test("that failed is rerun from where it failed, with other inputs, or from a task on", async () => {
    const path = file(
      "rerunnable",
      [
        "inputs: { ok: { type: boolean, default: false } }",
        "tasks:",
        "  make: { run: 'echo made=1 >> $WF_OUTPUT', outputs: [made] }",
        "  check: { run: 'test ${{ inputs.ok }} = true', needs: [make] }",
        "  use: { run: 'echo ${{ tasks.make.outputs.made }}', needs: [check] }",
        "",
      ].join("\n"),
    )
    const first = await it.wf(["run", path, "--json"])
    expect(first.code).toBe(1)
    const { id } = JSON.parse(first.stdout.trim().split("\n").at(-1) ?? "") as { id: string }
    const again = await it.wf(["rerun", id, "--failed", "-i", "ok=true", "--json"])
    expect(again.code).toBe(0)
    const rerun = JSON.parse(again.stdout.trim().split("\n").at(-1) ?? "") as { id: string; rerun_of: string }
    expect(rerun.rerun_of).toBe(id)
    const tasks = await tasksOf(rerun.id)
    expect(tasks.make).toMatchObject({ status: "completed", attempt: 0, outputs: { made: 1 } })
    expect(tasks.make?.reused_from).toBe((await tasksOf(id)).make?.id ?? null)
    expect(tasks.check).toMatchObject({ status: "completed", attempt: 1, reused_from: null })
    const from = await it.wf(["rerun", rerun.id, "--from", "use", "--detach"])
    const last = await ended(from.stdout.trim())
    expect(last.tasks?.map(({ task, attempt }) => [task, attempt]).toSorted()).toEqual([
      ["check", 0],
      ["make", 0],
      ["use", 1],
    ])
  })

  test("is rerun with the latest version, keeping what that has too", async () => {
    const path = file("renewed", "tasks:\n  a: { uses: noop }\n  b: { run: exit 1, needs: [a] }\n")
    const first = await it.wf(["run", path, "--detach"])
    await ended(first.stdout.trim())
    writeFileSync(path, "name: renewed\ntasks:\n  a: { uses: noop }\n  b: { run: exit 0, needs: [a] }\n")
    await it.wf(["push", path])
    const again = await it.wf(["rerun", first.stdout.trim(), "--failed", "--latest", "--detach"])
    const run = await ended(again.stdout.trim())
    expect(run).toMatchObject({ status: "completed", version: 2, rerun_of: first.stdout.trim() })
    expect(run.tasks?.find(({ task }) => task === "a")?.reused_from).toBeString()
  })

  test("that failed is among those that are rerun in bulk, once", async () => {
    const path = file("many", "tasks: { only: { run: exit 1 } }\n")
    const ids = await Promise.all(
      [1, 2].map(async () => (await it.wf(["run", path, "--detach"])).stdout.trim()),
    )
    for (const run_id of ids) await ended(run_id)
    const words = ["rerun", "--all-failed", "--workflow", "many"]
    const started = (await it.wf(words)).stdout.trim().split("\n")
    expect(started).toHaveLength(2)
    for (const run_id of started) expect(ids).toContain((await ended(run_id)).rerun_of ?? "")
  })

  test.each([
    [["rerun"], 2],
    [["rerun", "0198c0de-0000-7000-8000-000000000000"], 5],
    [["rerun", "x", "--failed", "--from", "a"], 2],
    [["rerun", "x", "--all-failed"], 2],
    [["pause", "0198c0de-0000-7000-8000-000000000000"], 5],
    [["pause"], 2],
  ])("of which nonsense is asked (%p) is left alone, with a hint", async (words, code) => {
    const said = await it.wf(words)
    expect([said.code, said.stdout]).toEqual([code, ""])
    expect(said.stderr).not.toBe("")
  })

  test("that is cancelled or late does what is in finally before it ends", async () => {
    const text = (timeout: string) =>
      `${timeout}tasks:\n  long: { run: sleep 60 }\nfinally:\n  clean: { run: 'echo "long was" \${{ tasks.long.status }}' }\n`
    const run_id = (await it.wf(["run", file("tidy", text("")), "--detach"])).stdout.trim()
    await until("it runs", async () => (await tasksOf(run_id)).long?.status === "running")
    expect((await it.wf(["cancel", run_id])).code).toBe(0)
    expect((await it.wf(["watch", run_id])).code).toBe(3)
    expect((await tasksOf(run_id)).clean?.status).toBe("completed")
    expect((await it.wf(["logs", run_id, "--task", "clean"])).stdout).toBe("clean\tlong was cancelled\n")
    const late = await it.wf(["run", file("late", text("timeout: 1s\n"))])
    expect([late.code, late.stdout]).toEqual([124, expect.stringContaining("clean │ long was cancelled")])
  }, 60_000)
})
