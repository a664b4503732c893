import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import type { Run } from "#sdk/index.ts"
import { isEmbedded, platform, root, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-waits-e2e-"))
}, 120_000)

/** An example with a name of its own, and less patience. */
const example = (name: string, own: string, change: (text: string) => string = (text) => text): string => {
  const text = readFileSync(join(root, "examples", `${name}.yml`), "utf8")
  const path = join(folder, `${own}.yml`)
  writeFileSync(path, change(text).replace(`name: ${name}`, `name: ${own}`))
  return path
}

const start = async (path: string): Promise<string> => {
  const { code, stdout, stderr } = await it.wf(["run", path, "--detach"])
  expect([code, stderr]).toEqual([0, ""])
  return stdout.trim()
}

const statuses = (run: Run): Record<string, string> =>
  Object.fromEntries((run.tasks ?? []).map(({ task, status }) => [task, status]))

const waits = (run_id: string, task: string) =>
  until(`${task} waits`, async () => statuses(await it.client.runs.get(run_id))[task] === "waiting")

const ended = async (run_id: string): Promise<Run> => {
  for await (const _ of it.client.runs.watch(run_id));
  return it.client.runs.get(run_id)
}

describe("a run that waits for people", () => {
  test("shows who is asked, goes on when somebody agrees, and tells who it was", async () => {
    const run_id = await start("examples/approval.yml")
    await waits(run_id, "ask")
    expect((await it.wf(["runs", "show", run_id])).stdout).toMatch(
      /ask\twaiting\t.*approval by admin or developer or operator or owner, until .*: Release 1\.4\.0\?/,
    )
    const listed = async () => (await it.wf(["approvals", "list", "--all"])).stdout
    expect(await listed()).toContain(`${run_id}\task\t`)
    const said = await it.wf(["approve", run_id, "ask", "--comment", "go"])
    expect(await listed()).not.toContain(run_id)
    expect(said).toMatchObject({ code: 0, stderr: "Approved: ask has completed, and the run goes on.\n" })
    const watched = await it.wf(["watch", run_id])
    expect(watched.code).toBe(0)
    expect(watched.stdout).toContain("… ask waits for approval by")
    const run = await ended(run_id)
    expect(statuses(run)).toMatchObject({ escalate: "skipped", release: "completed", leave_it: "skipped" })
    const { outputs } = run.tasks?.find(({ task }) => task === "ask") ?? {}
    expect(outputs).toMatchObject({ approved: true, decisions: [{ comment: "go", approved: true }] })
  })

  test("is shown among the executions while it waits, and counted when it has ended", async () => {
    const approved = async () => {
      const text = await (await fetch(`${it.url}/metrics`)).text()
      return Number(/^tasks_success_total\{type="approval"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    // Of several processes each has metrics of its own.
    const before = isEmbedded ? await approved() : 0
    const run_id = await start("examples/approval.yml")
    const execution = () =>
      until("the execution", async () => {
        const url = `${it.url}/api/v1/executions?run_id=${run_id}&task=ask`
        const answer = await fetch(url, { headers: { authorization: `Bearer ${it.token}` } })
        const { items } = (await answer.json()) as { items: { status: string; worker_id: string | null }[] }
        return items[0]
      })
    await waits(run_id, "ask")
    expect(await execution()).toMatchObject({ status: "waiting", worker_id: null, attempt: 0, log_chunks: 0 })
    expect((await it.wf(["approve", run_id, "ask"])).code).toBe(0)
    await until("it has ended there, too", async () => (await execution()).status === "completed")
    if (isEmbedded) expect(await approved()).toBe(before + 1)
  })

  test("takes a rejection for an answer, and a second opinion for a conflict", async () => {
    const run_id = await start("examples/approval.yml")
    await waits(run_id, "ask")
    expect((await it.wf(["reject", run_id, "ask", "--comment", "no"])).stderr).toBe(
      "Rejected: ask has failed.\n",
    )
    expect(statuses(await ended(run_id))).toMatchObject({ escalate: "skipped", leave_it: "completed" })
    const late = await it.wf(["approve", run_id, "ask"])
    expect([late.code, late.stderr]).toEqual([6, expect.stringContaining("decided already")])
    const wrong = await it.wf(["approve", run_id, "build"])
    expect([wrong.code, wrong.stderr]).toEqual([5, expect.stringContaining("`ask`")])
  })

  test("asks somebody else when nobody decides in time", async () => {
    const path = example("approval", "impatient", (text) =>
      text.replace(
        "      timeout: 1m\n      remind_before: 20s",
        "      timeout: 1s\n      remind_before: 500ms",
      ),
    )
    const run_id = await start(path)
    await waits(run_id, "escalate")
    expect((await it.client.runs.approve(run_id, "escalate")).status).toBe("completed")
    const events: string[] = []
    for await (const { type, task } of it.client.runs.watch(run_id)) events.push(`${type} ${task}`)
    expect(events).toContain("task.reminded ask")
    expect(statuses(await it.client.runs.get(run_id))).toMatchObject({ ask: "failed", release: "completed" })
  })
})

describe("a run that waits for a signal", () => {
  test("takes one that fits, and sleeps without a worker", async () => {
    const run_id = await start("examples/order.yml")
    const wrong = await it.wf(["signal", run_id, "payment", "--data", '{"amount": "much"}'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("data.amount")])
    const unknown = await it.wf(["signal", run_id, "paymnt"])
    expect([unknown.code, unknown.stderr]).toEqual([5, expect.stringContaining("`payment`")])
    const unread = await it.wf(["signal", run_id, "payment", "--data", "{amount: 7}"])
    expect([unread.code, unread.stderr]).toEqual([2, expect.stringContaining("not JSON")])
    await waits(run_id, "payment")
    const sent = await it.wf(["signal", run_id, "payment", "--data", "-"], { stdin: '{"amount": 120}' })
    expect([sent.code, sent.stderr]).toEqual([0, "Taken by payment.\n"])
    await waits(run_id, "think_again")
    const run = await ended(run_id)
    expect(run.status).toBe("completed")
    expect(statuses(run)).toMatchObject({ check: "completed", ship: "completed" })
    const nap = run.tasks?.find(({ task }) => task === "think_again")
    const slept_ms = Date.parse(nap?.finished_at ?? "") - Date.parse(nap?.started_at ?? "")
    expect(slept_ms).toBeGreaterThanOrEqual(2_000)
    expect(nap).toMatchObject({ worker_id: null, attempt: 0 })
  })

  test("is given one that came too early", async () => {
    const path = example("order", "early", (text) =>
      text
        .replace("duration: 2s", "duration: 10ms")
        .replace('    run: echo "One of', '    run: sleep 1; echo "One of'),
    )
    const run_id = await start(path)
    const sent = await it.wf(["signal", run_id, "payment", "--data", '{"amount": 7}', "--json"])
    expect(JSON.parse(sent.stdout)).toEqual({ delivered: false, tasks: ["payment"] })
    const run = await ended(run_id)
    expect(run.status).toBe("completed")
    expect(statuses(run)).toMatchObject({ payment: "completed", check: "skipped", ship: "completed" })
  })
})
