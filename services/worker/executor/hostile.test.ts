import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import type { PlanTask } from "#language/plan.ts"
import { given } from "../given.ts"
import { createLines } from "../process/lines.ts"
import type { Execution } from "./executor.ts"
import { shell } from "./shell.ts"

const base = mkdtempSync(join(tmpdir(), "wf-shell-"))
const worker = given.ground()
afterAll(async () => {
  await worker.close()
  rmSync(base, { recursive: true, force: true })
})

const attempt = (run: string, write?: Execution["write"]) => {
  const folder = mkdtempSync(join(base, "attempt-"))
  const lines: string[] = []
  const execution: Execution = {
    workspace_id: "workspace",
    run_id: "run",
    task_run_id: "task-run",
    attempt: 1,
    task: { name: "one", env: {}, with: { run }, artifacts: [] } as unknown as PlanTask,
    context: {} as Execution["context"],
    folder,
    write: write ?? ((_, text) => Promise.resolve(void lines.push(text))),
    signal: new AbortController().signal,
  }
  return { lines, folder, outcome: shell(worker.ground)(execution) }
}

test("a child that left the group can't hold the task, nor write to its log after the end", async () => {
  const script =
    "setsid sh -c 'echo $$ > escaped; while :; do echo again; sleep 0.1; done' & until [ -s escaped ]; do sleep 0.02; done"
  const { lines, folder, outcome } = attempt(script)
  expect(await outcome).toMatchObject({ ok: true })
  const said = lines.length
  const process_id = Number(readFileSync(join(folder, "work/escaped"), "utf8"))
  // It ends by writing to a pipe that nobody reads any more.
  await until("the escaped child has ended", () => isGone(process_id))
  expect(lines.length).toBe(said)
})

const isGone = (process_id: number): boolean => {
  try {
    process.kill(process_id, 0)
    return false
  } catch {
    return true
  }
}

test("lines that wait for the log are not lost when the process has ended long before", async () => {
  const kept: string[] = []
  const opens_ms = performance.now() + 1_500
  const { outcome } = attempt("seq 1 5000", async (_, text) => {
    if (kept.length === 0) await until("the log takes lines", () => performance.now() > opens_ms)
    kept.push(text)
  })
  expect(await outcome).toMatchObject({ ok: true })
  expect([kept.length, kept.at(-1)]).toEqual([5000, "5000"])
})

const spoilt: readonly [string, string, string | undefined][] = [
  ["removed", 'rm "$WF_OUTPUT"', undefined],
  ["removed with all of the attempt's folder", 'rm -rf "$(dirname "$WF_OUTPUT")"', undefined],
  ["a folder", 'rm "$WF_OUTPUT"; mkdir "$WF_OUTPUT"', "outputs.invalid"],
  ["a pipe", 'rm "$WF_OUTPUT"; mkfifo "$WF_OUTPUT"', "outputs.invalid"],
  ["a link", 'rm "$WF_OUTPUT"; echo a=b > other; ln -s "$PWD/other" "$WF_OUTPUT"', "outputs.invalid"],
  ["endless", 'rm "$WF_OUTPUT"; ln -s /dev/zero "$WF_OUTPUT"', "outputs.invalid"],
]

for (const [what, script, code] of spoilt) {
  test(`a task whose output file is ${what} ends with a clear result`, async () => {
    const outcome = await attempt(script).outcome
    if (code === undefined) expect(outcome).toMatchObject({ ok: true, outputs: {} })
    else expect(outcome).toMatchObject({ ok: false, error: { code } })
  })
}

test("a task sees nothing of the worker's environment", async () => {
  process.env.WF_SHELL_TEST_SECRET = "secret"
  const { lines, outcome } = attempt("env")
  await outcome
  delete process.env.WF_SHELL_TEST_SECRET
  const names = lines.map((line) => line.split("=")[0]).sort()
  const own = ["HOME", "LANG", "PATH", "PWD", "WF_ATTEMPT", "WF_OUTPUT", "WF_RUN_ID", "WF_TASK"]
  expect(names.filter((name) => name !== "OLDPWD" && name !== "_" && name !== "SHLVL")).toEqual(own)
})

test("a long line is never cut within a character", () => {
  const lines = createLines()
  const text = `x${"😀".repeat(20_000)}`
  const cut = [...lines.push(new TextEncoder().encode(`${text}\n${text}`)), ...lines.end()]
  expect(cut.every((line) => line.isWellFormed())).toBe(true)
  expect(cut.join("")).toBe(text + text)
})
