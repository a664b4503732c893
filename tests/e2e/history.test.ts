import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
const folder = mkdtempSync(join(tmpdir(), "wf-e2e-history-"))
let run_id = ""

const flow = `
name: told
inputs:
  customer: { type: string, default: "4711" }
tasks:
  build:
    run: |
      echo "INFO building 4711"
      echo "WARN slow disk"
      echo "exit status soon" >&2
      echo "rows=5" >> "$WF_OUTPUT"
  check:
    needs: [build]
    run: echo "checked" && echo "certificate expired" >&2 && exit 7
    retries: { max_retries: 1, initial: 10ms }
    env: { WHO: "\${{ inputs.customer }}/\${{ tasks.build.outputs.rows }}" }
  other:
    run: sleep 0.3
`

beforeAll(async () => {
  it = await platform()
  writeFileSync(join(folder, "told.yml"), flow)
  const { stdout } = await it.wf(["run", join(folder, "told.yml"), "--detach"])
  run_id = stdout.trim()
  expect((await it.wf(["watch", run_id])).code).toBe(1)
  await until("all attempts told, from their beginnings to their ends", async () => {
    const { items } = await it.client.history.list({ run_id })
    return items.length === 4 && items.every(({ queued_at, finished_at }) => queued_at && finished_at)
  })
}, 120_000)

const lines = async (...words: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await it.wf(words)
  expect([words, code, stderr]).toEqual([words, 0, ""])
  return stdout.split("\n").filter((line) => line !== "")
}

const logs = async (...words: string[]) =>
  (await lines("logs", run_id, ...words)).map((line) => line.split("\t")[1])

test("logs are had by level, pattern, attempt and task, also while they are followed", async () => {
  expect(await logs("--task", "build", "--level", "warn")).toEqual(["WARN slow disk", "exit status soon"])
  expect(await logs("--grep", "^(?i)info.*\\d{4}$")).toEqual(["INFO building 4711"])
  expect(await logs("--task", "check", "--attempt", "2", "--grep", "check")).toEqual(["checked"])
  expect(await logs("--task", "check", "--tail", "1")).toHaveLength(1)
  const followed = await it.wf(["logs", run_id, "-f", "--level", "error", "--task", "build"])
  expect([followed.code, followed.stdout]).toEqual([1, "build\texit status soon\n"])
})

test("a pattern that can't be meant, and a level that there isn't, say what to do", async () => {
  const pattern = await it.wf(["logs", run_id, "--grep", "("])
  expect([pattern.code, pattern.stdout]).toEqual([2, ""])
  expect(pattern.stderr).toContain("regular expression")
  const level = await it.wf(["logs", run_id, "--level", "loud"])
  expect([level.code, level.stderr]).toEqual([2, expect.stringContaining("debug, info, warn, error")])
})

test("following by SSE and by NDJSON gives the same lines, and goes on behind a cursor", async () => {
  const read = async (accept: string, query = "") => {
    const url = `${it.url}/api/v1/runs/${run_id}/logs?follow=true${query}`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${it.token}`, accept } })
    const found = (await answer.text()).split("\n").map((line) => line.replace(/^data: /, ""))
    return found
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { text: string; cursor: string })
  }
  const [sse, ndjson] = [await read("text/event-stream"), await read("application/x-ndjson")]
  expect(ndjson).toHaveLength(7)
  expect(sse.map(({ text }) => text).sort()).toEqual(ndjson.map(({ text }) => text).sort())
  const rest = await read("application/x-ndjson", `&cursor=${ndjson[2]?.cursor}`)
  expect(rest.map(({ text }) => text)).toEqual(ndjson.slice(3).map(({ text }) => text))
})

test("attempts are found by what they were, and shown with what they took", async () => {
  const found = await it.client.history.list({ workflow: "told", status: "failed", error: "exit 7" })
  expect(found.items.filter((one) => one.run_id === run_id).map(({ attempt }) => attempt)).toEqual([2, 1])
  expect(found.items[0]).toMatchObject({
    task: "check",
    type: "shell",
    usage: { exit_code: 7 },
    inputs: { env: { WHO: "4711/5" } },
    retry_at: null,
  })
  expect(found.items[0]?.queued_at).toBeString()
  const [row = ""] = await lines(
    "executions",
    "list",
    "--workflow",
    "told",
    "--output",
    "rows=5",
    "--since",
    "1h",
  )
  expect(row.split("\t").slice(0, 5)).toEqual([run_id, "told", "build", "1", "completed"])
  const of_input = await lines("executions", "list", "--input", "customer=4711", "--task", "check")
  expect(of_input.filter((line) => line.startsWith(run_id))).toHaveLength(2)
  expect(await lines("executions", "list", "--input", "customer=4712")).toEqual([])
  expect(await lines("executions", "list", "--workflow", "told", "--min-duration", "1h")).toEqual([])
  const { items } = await it.client.history.list({ workflow: "told", min_duration: "250ms" })
  expect(items.map(({ task }) => task)).toContain("other")
  const worker_id = found.items[0]?.worker_id ?? ""
  expect((await it.client.history.list({ worker_id, workflow: "told", task: "other" })).items).toHaveLength(1)
  expect((await it.wf(["executions", "list", "--output", "rows"])).code).toBe(2)
})

test("attempts of jobs are found as those of tasks are: the one that failed, and the one that completed", async () => {
  const [once, mark] = [join(folder, "once"), `m${Bun.randomUUIDv7()}`]
  const command = `mkdir '${once}' && exit 7; echo "mark=${mark}" >> "$WF_OUTPUT"`
  const job = await it.client.jobs.create({
    ...{ type: "shell", payload: { run: command }, max_retries: 1, retries: { initial: "10ms" } },
  })
  const of_job = ["executions", "list", "--run", job.id]
  const rows = await until("both attempts", async () => {
    const found = await lines(...of_job)
    return found.length === 2 && found.map((row) => row.split("\t").slice(0, 5))
  })
  const attempt = (number: string, status: string) => [job.id, "", "shell", number, status]
  expect(rows).toEqual([attempt("2", "completed"), attempt("1", "failed")])
  const found = await lines("executions", "list", "--type", "shell", "--output", `mark=${mark}`)
  expect(found.map((row) => row.split("\t")[0])).toEqual([job.id])
  const { items } = await it.client.history.list({ run_id: job.id })
  expect(items.every((one) => one.worker_id && one.queued_at && one.started_at && one.finished_at)).toBe(true)
  const { completed_at } = await it.client.jobs.get(job.id)
  expect(items[0]?.finished_at).toBe(completed_at as string)
  const noop = await it.client.jobs.create({ type: "noop" })
  await until("the quick one", async () =>
    (await lines("executions", "list", "--type", "noop", "--since", "1m")).some((row) =>
      row.startsWith(noop.id),
    ),
  )
  const { items: counted } = await it.client.history.stats({ by: "task", task: "noop", since: "1h" })
  expect(counted.filter(({ workflow }) => workflow === null)[0]?.completed).toBeGreaterThan(0)
})

test("counts of a week come in one call", async () => {
  const [row = ""] = await lines("executions", "stats", "--workflow", "told", "--task", "check")
  const [, workflow, task, total, completed, failed] = row.split("\t")
  expect([workflow, task, total, completed, failed]).toEqual(["told", "check", "2", "0", "2"])
  const { items } = await it.client.history.stats({ by: "workflow", workflow: "told" })
  expect(items).toMatchObject([{ workflow: "told", task: null, total: 4, completed: 2, failed: 2 }])
})

test("lines are found in all runs of the workspace", async () => {
  const [line = ""] = await lines("search", "building \\d+", "--workflow", "told")
  expect(line.split("\t").slice(1)).toEqual([run_id, "build", "INFO building 4711"])
  expect(await lines("search", "never printed anywhere")).toEqual([])
  expect(await lines("search", "building", "--until", "1h")).toEqual([])
})

test("what took a run its time is told", async () => {
  const rows = await lines("runs", "timing", run_id)
  expect(rows.map((row) => row.split("\t")[0])).toEqual(
    expect.arrayContaining(rows.length === 1 ? ["other"] : ["build", "check"]),
  )
  const { stdout } = await it.wf(["runs", "timing", run_id, "--all", "--json"])
  const told = JSON.parse(stdout) as { tasks: { task: string; took_ms: number }[]; took_ms: number }
  expect(told.tasks.map(({ task }) => task).sort()).toEqual(["build", "check", "other"])
  expect(told.tasks.every(({ took_ms }) => took_ms <= told.took_ms)).toBe(true)
})

test("a run is exported as one archive that tar reads", async () => {
  const path = join(folder, "run.tar.gz")
  expect(await lines("runs", "export", run_id, "-o", path)).toEqual([path])
  const into = mkdtempSync(join(folder, "out-"))
  expect(Bun.spawnSync(["tar", "xzf", path], { cwd: into }).exitCode).toBe(0)
  const objects = (name: string) =>
    readFileSync(join(into, name, "00001.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  expect(readdirSync(into).sort()).toEqual([
    "artifacts",
    "events",
    "executions",
    "logs",
    "run.json",
    "version.json",
  ])
  expect(JSON.parse(readFileSync(join(into, "run.json"), "utf8"))).toMatchObject({
    id: run_id,
    status: "failed",
  })
  expect(objects("events").at(-1)).toMatchObject({ type: "workflow.completed" })
  expect(objects("executions")).toHaveLength(4)
  expect(objects("logs")).toHaveLength(7)
  expect(objects("artifacts")).toEqual([])
})

test("a workspace keeps its history for as long as it says, and no longer than the platform", async () => {
  const days = async (...words: string[]) => (await lines("retention", ...words))[0]
  expect(await days("show")).toBe("30\tplatform\t30")
  expect(await days("set", "7", "--yes")).toBe("7\tworkspace\t30")
  const unmeant = await it.wf(["retention", "set", "1"])
  expect([unmeant.code, unmeant.stderr]).toEqual([2, expect.stringContaining("--yes")])
  expect((await it.wf(["retention", "set", "31"])).code).toBe(2)
  expect(await days("set", "default")).toBe("30\tplatform\t30")
})
