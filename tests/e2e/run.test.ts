import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import type { RunEvent } from "#sdk/index.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-files-"))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const idOf = (text: string): string => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? ""

test("hello runs its fan-out and join, shows changes and lines as they come, and exits 0", async () => {
  const { code, stdout, stderr } = await it.wf(["run", "examples/hello.yml", "-i", "name=Ada"])
  expect([code, stderr]).toEqual([0, expect.stringContaining("Run ")])
  expect(stdout).toContain("✓ greet completed")
  expect(stdout).toContain("greet │ Hello, Ada!")
  expect(stdout.indexOf("✓ take_a_breath completed")).toBeLessThan(stdout.indexOf("▶ write_card started"))
  expect(stdout).toContain("✓ hello completed")
  expect(stdout).not.toContain("\u001b")
})

test("a failing workflow exits 1 and says which task failed and why", async () => {
  const { code, stdout } = await it.wf(["run", "examples/fails.yml"])
  expect(code).toBe(1)
  expect(stdout).toContain("✗")
  expect(stdout).toContain("failed")
})

test("--json prints one event a line, numbered without gaps, and last the run", async () => {
  const { code, stdout } = await it.wf(["run", "examples/hello.yml", "--json"])
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunEvent & { status: string })
  expect(code).toBe(0)
  expect(lines.slice(0, -1).map((event) => event.seq)).toEqual(
    lines.slice(0, -1).map((_, index) => index + 1),
  )
  expect(lines.at(-2)?.type).toBe("workflow.completed")
  expect(lines.at(-1)).toMatchObject({ workflow: "hello", status: "completed" })
})

test("--detach prints the run's id alone; watch follows it to its outcome; logs are there afterwards", async () => {
  const detached = await it.wf(["run", "examples/hello.yml", "--detach"])
  expect(detached.code).toBe(0)
  const run_id = detached.stdout.trim()
  expect(run_id).toBe(idOf(detached.stdout))
  const watched = await it.wf(["watch", run_id])
  expect([watched.code, watched.stdout]).toEqual([0, expect.stringContaining("hello completed")])
  const followed = await it.wf(["logs", run_id, "-f"])
  expect([followed.code, followed.stdout]).toEqual([0, expect.stringContaining("greet\tHello, world!")])
  const one = await it.wf(["logs", run_id, "--task", "greet"])
  expect(
    one.stdout
      .trim()
      .split("\n")
      .every((line) => line.startsWith("greet\t")),
  ).toBe(true)
})

test("a pushed workflow runs by name and by version; an unchanged push makes no version", async () => {
  const path = file("named.yml", "name: named\ntasks:\n  one:\n    run: echo first\n")
  expect((await it.wf(["push", path])).stdout).toBe("named\t1\tcreated\n")
  expect((await it.wf(["push", path])).stdout).toBe("named\t1\tunchanged\n")
  file("named.yml", "name: named\ntasks:\n  one:\n    run: echo second\n")
  expect((await it.wf(["push", path])).stdout).toBe("named\t2\tcreated\n")
  expect((await it.wf(["run", "named"])).stdout).toContain("one │ second")
  expect((await it.wf(["run", "named", "--version", "1"])).stdout).toContain("one │ first")
})

test("lists are full values between tabs for a pipe, and the API's object with --json", async () => {
  const run_id = (await it.wf(["run", "examples/hello.yml", "--detach"])).stdout.trim()
  await it.wf(["watch", run_id])
  const piped = await it.wf(["runs", "list", "--limit", "200"])
  expect(
    piped.stdout
      .split("\n")
      .find((line) => line.startsWith(run_id))
      ?.split("\t"),
  ).toHaveLength(6)
  const listed = JSON.parse((await it.wf(["runs", "list", "--json"])).stdout) as { items: { id: string }[] }
  expect(listed.items.map((run) => run.id)).toContain(run_id)
  expect((await it.wf(["runs", "show", run_id, "--field", "status"])).stdout).toBe("completed\n")
})

test("what a task prints can't move the cursor or reach the clipboard", async () => {
  const path = file(
    "hostile.yml",
    `name: hostile\ntasks:\n  one:\n    run: printf '\\033]52;c;aGk=\\007\\033[2Jplain\\r\\n'\n`,
  )
  const { stdout } = await it.wf(["run", path])
  expect(stdout).toContain("one │ plain")
  expect(stdout).not.toContain("\u001b")
})

test("values reach scripts as values, whatever they contain", async () => {
  const text =
    'name: quoting\ninputs:\n  word: { type: string }\ntasks:\n  one:\n    run: printf "%s|" ${{ inputs.word }} ; echo\n'
  const hostile = `$(touch /tmp/wf-pwned) "; echo 'x`
  const { code, stdout } = await it.wf(["run", file("quoting.yml", text), "-i", `word=${hostile}`])
  expect([code, stdout]).toEqual([0, expect.stringContaining(`one │ ${hostile}|`)])
})

test("a task's timeout ends it with all its children, and says so", async () => {
  const text = "name: slow\ntasks:\n  one:\n    timeout: 300ms\n    run: sleep 60 & sleep 60\n"
  const { code, stdout } = await it.wf(["run", file("slow.yml", text)])
  expect([code, stdout]).toEqual([1, expect.stringContaining("timeout")])
})

test("the client's own --timeout exits 124 and leaves the run going", async () => {
  const text = "name: patient\ntasks:\n  one:\n    run: sleep 2\n"
  const { code, stderr } = await it.wf(["run", file("patient.yml", text), "--timeout", "200ms"])
  expect(code).toBe(124)
  const watched = await it.wf(["watch", idOf(stderr)])
  expect(watched.code).toBe(0)
})

test("a cancelled run stops its running task, skips the rest, and watch exits 3", async () => {
  const text =
    "name: endless\ntasks:\n  one: { run: 'sleep 600' }\n  two: { run: 'echo never', needs: [one] }\n"
  const run_id = (await it.wf(["run", file("endless.yml", text), "--detach"])).stdout.trim()
  const watching = it.wf(["watch", run_id])
  await until(
    "the task runs",
    async () => (await it.client.runs.get(run_id)).tasks?.[0]?.status === "running",
  )
  expect((await it.wf(["cancel", run_id])).code).toBe(0)
  const { code, stdout } = await watching
  expect([code, stdout]).toEqual([3, expect.stringContaining("endless cancelled")])
  const { tasks } = await it.client.runs.get(run_id)
  expect(tasks?.map((task) => task.status)).toEqual(["cancelled", "cancelled"])
  expect((await it.wf(["cancel", run_id])).code).toBe(0)
})

test("a run that is over can't be cancelled, which is a conflict", async () => {
  const run_id = (await it.wf(["run", "examples/hello.yml", "--detach"])).stdout.trim()
  await it.wf(["watch", run_id])
  const { code, stderr } = await it.wf(["cancel", run_id])
  expect([code, stderr]).toEqual([6, expect.stringContaining("ended already")])
})

test("a workflow's own timeout ends its run, and the exit code says that", async () => {
  const text = "name: late\ntimeout: 500ms\ntasks:\n  one: { run: 'sleep 600' }\n"
  const { code, stdout } = await it.wf(["run", file("late.yml", text)])
  expect([code, stdout]).toEqual([124, expect.stringContaining("late failed")])
})
