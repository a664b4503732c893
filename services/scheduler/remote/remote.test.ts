import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { recent } from "#kernel/service/recent.ts"
import { until } from "#kernel/testing/until.ts"
import type { Definition } from "#language/schema.ts"
import { chain } from "#language/steps.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { other_workspace_id } from "../job/given.ts"
import { readTaskRuns } from "../run/read.ts"
import { startRuns } from "../run/start.ts"
import { claimTasks } from "../task/claim.ts"
import { held, type RemoteDoor, remoteDoor } from "./given.ts"

let engine: Engine & Pick<Database, "close">
let door: RemoteDoor
const opened: (typeof engine)[] = []
beforeEach(async () => {
  engine = await given.engine()
  door = remoteDoor(engine)
  opened.push(engine)
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

const greet = { uses: "function", with: { name: "greet", input: { who: "Ada" } } }

const taskOf = async (run_id: string, index = 0) =>
  (await engine.database.run((sql) => readTaskRuns(sql, run_id)))[index]

const runOf = async (tasks: Definition["tasks"], more: Parameters<typeof given.start>[1] = {}) => {
  const [started] = await startRuns(engine)([given.start(given.plan(tasks), more)])
  return started?.run_id ?? ""
}

const only = <Item>(items: readonly Item[]): Item => {
  const [one] = items
  if (one === undefined || items.length > 1) throw new Error(`${items.length} instead of one`)
  return one
}

describe("a remote worker", () => {
  test("is given its function's tasks with their inputs filled in, and its results count", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const tasks = {
      first: { uses: "noop" },
      hello: {
        uses: "function",
        needs: ["first"],
        env: { LOUD: "${{ inputs.loud }}" },
        with: { name: "greet", input: { who: "${{ inputs.name }}", after: "${{ tasks.first.status }}" } },
        timeout: "1m",
      },
      last: {
        uses: "function",
        needs: ["hello"],
        with: { name: "greet", input: "${{ tasks.hello.outputs }}" },
      },
    }
    const run_id = await runOf(tasks, { inputs: { name: "Ada", loud: true } })
    await given.work(engine, await given.session(engine))
    const attempt = only(await door.claim(worker))
    expect(attempt).toEqual({
      ...{ task_run_id: expect.any(String), token: expect.any(String), attempt: 1, run_id },
      ...{ workflow: "test", version: 1, task: "hello", kind: "function", name: "greet" },
      ...{ input: { who: "Ada", after: "completed" }, env: { LOUD: "true" }, secrets: [], timeout: "1m" },
      ...{ heartbeat_timeout: null, traceparent: null },
    })
    const result = { ...held(attempt), outcome: "completed", outputs: { said: "hello" } }
    const { status, body } = await door.report(worker, [result], { max_tasks: 1 })
    expect(status).toBe(200)
    expect(body.items).toEqual([{ ...held(attempt), verdict: "accepted" }])
    // The next one came with the answer.
    expect(only(body.attempts)).toMatchObject({ task: "last", input: { said: "hello" } })
    expect(await taskOf(run_id, 1)).toMatchObject({ status: "completed", outputs: { said: "hello" } })
  })

  test("is given jobs of the types that it takes, and no other", async () => {
    const worker = await door.open({ job_types: ["resize"] })
    const job = await door.create({ type: "resize", payload: { width: 7 } })
    await door.create({ type: "convert" })
    const attempt = only(await door.claim(worker))
    expect(attempt).toMatchObject({ kind: "job", name: "resize", input: { width: 7 }, run_id: null })
    expect(attempt.task_run_id).toBe(job.id)
    expect(await door.claim(worker)).toEqual([])
  })

  test("is never given another workspace's tasks, and neither sees nor settles them", async () => {
    const theirs = await door.open({ functions: ["greet"], workspace: other_workspace_id })
    await runOf({ hello: greet })
    expect(await door.claim(theirs, { workspace: other_workspace_id })).toEqual([])
    const ours = await door.open({ functions: ["greet"] })
    const attempt = only(await door.claim(ours))
    const result = { ...held(attempt), outcome: "completed" }
    const report = await door.report(theirs, [result], { workspace: other_workspace_id, max_tasks: 5 })
    expect(report).toMatchObject({ status: 409, body: { code: "attempt.stale" } })
    const chunk = {
      ...held(attempt),
      chunk: 0,
      first_line: 0,
      lines: [{ at: "2026-01-01T00:00:00Z", text: "x" }],
    }
    const logs = { worker_id: theirs, chunks: [chunk] }
    expect((await door.post("/logs", logs, { workspace: other_workspace_id })).status).toBe(409)
    // Another workspace's worker is as if it weren't there, whatever is asked of it.
    for (const [path, body] of [
      ["/claim", { worker_id: ours, max_tasks: 1, wait: "0s" }],
      ["/heartbeat", { worker_id: ours, held: [] }],
      ["/report", { worker_id: ours, results: [result] }],
      ["/logs", { ...logs, worker_id: ours }],
    ] as const) {
      const answer = await door.post(path, body, { workspace: other_workspace_id })
      expect({ path, ...answer }).toMatchObject({ status: 404, body: { code: "worker.not_found" } })
    }
    const leaving = await door.ask("DELETE", `/workers/${ours}`, {
      role: "developer",
      workspace: other_workspace_id,
    })
    expect(leaving.status).toBe(404)
    expect((await door.report(ours, [result])).body.items).toMatchObject([{ verdict: "accepted" }])
  })

  test("can't act as one of the platform's", async () => {
    const session = await given.session(engine)
    const answer = await door.post("/claim", { worker_id: session, max_tasks: 1, wait: "0s" })
    expect(answer.status).toBe(404)
  })

  test("settles nothing that another worker of its workspace was given", async () => {
    const [one, other] = [
      await door.open({ functions: ["greet"] }),
      await door.open({ functions: ["greet"] }),
    ]
    await runOf({ hello: greet })
    const attempt = only(await door.claim(one))
    const result = { ...held(attempt), outcome: "completed" }
    expect((await door.report(other, [result])).status).toBe(409)
    expect((await door.report(one, [result])).status).toBe(200)
    expect((await door.report(one, [result])).body.items).toMatchObject([{ verdict: "already" }])
  })

  test("leaves what the platform's workers run to them, and these leave its own", async () => {
    const worker = await door.open({ functions: ["greet"], job_types: ["shell", "noop"] })
    const session_id = await given.session(engine)
    await runOf({ hello: greet, other: { uses: "noop" }, command: { run: "true" } })
    expect((await door.claim(worker)).map(({ task }) => task)).toEqual(["hello"])
    const attempts = await claimTasks(engine)({ session_id, room: given.room(10) })
    expect(attempts.map(({ task }) => task).sort()).toEqual(["command", "other"])
  })

  test("may be told which queues it takes from", async () => {
    const worker = await door.open({ functions: ["greet"], queues: ["mail"] })
    await runOf({ one: greet, two: { ...greet, queue: "mail" } })
    expect((await door.claim(worker)).map(({ task }) => task)).toEqual(["two"])
  })

  test("of a viewer is refused", async () => {
    const body = { name: "own", functions: ["greet"] }
    expect(await door.post("", body, { role: "viewer" })).toMatchObject({
      status: 403,
      body: { code: "auth.forbidden" },
    })
    const worker = await door.open({ functions: ["greet"], role: "operator" })
    const claim = { worker_id: worker, max_tasks: 1, wait: "0s" }
    expect((await door.post("/claim", claim, { role: "viewer" })).status).toBe(403)
  })

  test("has to say what it is for", async () => {
    for (const wrong of [
      { name: "own" },
      { name: "", functions: ["greet"] },
      { name: "own", functions: ["a b"] },
      { name: "own", functions: ["greet"], slots: 0 },
      { name: "own", functions: ["greet"], queues: [] },
      { name: "own", functions: ["greet"], queues: ["a b"] },
      { name: "own", functions: ["greet"], labels: { "a=b": "c" } },
      { name: "own", functions: ["greet"], workspace_id: other_workspace_id },
    ]) {
      const answer = await door.post("", wrong)
      expect({ wrong, ...answer }).toMatchObject({ status: 422, body: { code: "request.invalid" } })
    }
  })
})

describe("an attempt of a remote worker", () => {
  test("that fails is tried again, no sooner than asked; one that can't succeed isn't", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const retries = { max_retries: 2, initial: "1ms", max: "1ms" }
    const run_id = await runOf({ hello: { ...greet, retries } })
    const first = only(await door.claim(worker))
    const error = { code: "mail.away", message: "No answer." }
    await door.report(worker, [{ ...held(first), outcome: "failed", error, retry_after: "1h" }])
    expect(await taskOf(run_id)).toMatchObject({ status: "retrying", error })
    const [timer] = await engine.database.run(
      (sql) => sql<{ rest_s: number }>`
        select extract(epoch from due_at - now())::float8 as rest_s from scheduler.timer where kind = 'retry'`,
    )
    expect(timer?.rest_s).toBeGreaterThan(3_500)
    const other = await runOf({ hello: { ...greet, retries } })
    const second = only(await door.claim(worker))
    await door.report(worker, [{ ...held(second), outcome: "failed", error, non_retryable: true }])
    expect(await taskOf(other)).toMatchObject({ status: "failed", error })
  })

  test("whose expressions can't be evaluated has failed before anybody began it", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const run_id = await runOf({
      hello: { ...greet, with: { name: "greet", input: "${{ inputs.none.deep }}" } },
    })
    expect(await door.claim(worker)).toEqual([])
    expect(await taskOf(run_id)).toMatchObject({ status: "failed", error: { code: "expression.failed" } })
  })

  test("that is cancelled is named by the heartbeat, and so is what is not its own", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const run_id = await runOf({ hello: greet })
    const attempt = only(await door.claim(worker))
    const beat = (more = {}) =>
      door.post("/heartbeat", {
        worker_id: worker,
        held: [held(attempt)],
        last_token: attempt.token,
        ...more,
      })
    expect((await beat()).body).toEqual({ stop: [] })
    await door.ask("POST", `/runs/${run_id}/cancel`, { role: "developer" })
    expect((await beat()).body).toEqual({ stop: [held(attempt)] })
    const foreign = { ...held(attempt), token: "999999" }
    expect((await beat({ held: [held(attempt), foreign] })).body).toEqual({ stop: [held(attempt), foreign] })
    await door.report(worker, [{ ...held(attempt), outcome: "released" }])
    expect(await taskOf(run_id)).toMatchObject({ status: "cancelled" })
  })

  test("is in its queue again when its worker leaves, and its late result is refused", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const run_id = await runOf({ hello: greet })
    const attempt = only(await door.claim(worker))
    expect((await door.ask("DELETE", `/workers/${worker}`, { role: "developer" })).status).toBe(204)
    const result = { ...held(attempt), outcome: "completed", outputs: { late: true } }
    expect(await door.report(worker, [result])).toMatchObject({
      status: 409,
      body: { code: "attempt.stale" },
    })
    const claim = { worker_id: worker, max_tasks: 1, wait: "0s" }
    expect(await door.post("/claim", claim)).toMatchObject({ status: 409, body: { code: "session.ended" } })
    const again = only(await door.claim(await door.open({ functions: ["greet"] })))
    expect(await door.report(worker, [result])).toMatchObject({
      status: 409,
      body: { code: "attempt.stale" },
    })
    expect(again).toMatchObject({ attempt: 2, input: { who: "Ada" } })
    expect(await taskOf(run_id)).toMatchObject({ status: "running", outputs: null })
  })

  test("has bounded outputs, and what is refused changes nothing", async () => {
    const worker = await door.open({ functions: ["greet"] })
    const run_id = await runOf({ hello: greet })
    const attempt = only(await door.claim(worker))
    for (const wrong of [
      { outcome: "completed", outputs: { text: "x".repeat(300_000) } },
      { outcome: "completed", outputs: { nul: "\0" } },
      { outcome: "completed", outputs: ["a"] },
      { outcome: "failed" },
      { outcome: "lost" },
      { outcome: "failed", error: { code: "No code", message: "x" } },
    ]) {
      expect((await door.report(worker, [{ ...held(attempt), ...wrong }])).status).toBe(422)
    }
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
  })

  test("has a log, stored as its own", async () => {
    const worker = await door.open({ functions: ["greet"], job_types: ["resize"] })
    const run_id = await runOf({ hello: greet })
    const attempt = only(await door.claim(worker))
    await door.create({ type: "resize" })
    const job = only(await door.claim(worker))
    const at = "2026-01-01T00:00:00.000Z"
    const lines = [{ at, text: "hello\0" }]
    const chunk = { chunk: 3, first_line: 12, lines }
    const chunks = [
      { ...held(attempt), ...chunk },
      { ...held(job), ...chunk },
      { ...held(attempt), ...chunk, token: "999999" },
    ]
    const { status, body } = await door.post<{ items: { verdict: string }[] }>("/logs", {
      worker_id: worker,
      chunks,
    })
    expect({ status, verdicts: body.items.map(({ verdict }) => verdict) }).toEqual({
      ...{ status: 200, verdicts: ["stored", "dropped", "stale"] },
    })
    expect(door.stored).toEqual([
      {
        ...{ taskRunId: attempt.task_run_id, runId: run_id, workspaceId: workspace_id, task: "hello" },
        ...{ attempt: 1, chunk: 3, firstLine: 12n },
        lines: [{ atMs: BigInt(Date.parse(at)), stream: "stdout", text: "hello\uFFFD" }],
      },
    ] as never)
    const large = { ...held(attempt), ...chunk, lines: [{ at, text: "x".repeat(70_000) }] }
    expect((await door.post("/logs", { worker_id: worker, chunks: [large] })).status).toBe(422)
  })
})

test("a workspace has a bounded number of workers, and no other is kept out by it", async () => {
  await door.open({ functions: ["greet"] })
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.session (id, name, queues, slots, workspace_id, lease_until)
      select gen_random_uuid(), 'own', '{*}', 1, ${workspace_id}::text::uuid, now() + interval '1 minute'
      from generate_series(1, 999)`,
  )
  const body = { name: "own", functions: ["greet"] }
  expect(await door.post("", body)).toMatchObject({ status: 429, body: { code: "worker.too_many" } })
  await door.open({ functions: ["greet"], workspace: other_workspace_id })
  await engine.database.run((sql) => sql`update scheduler.session set ended = true`)
  await door.open({ functions: ["greet"] })
})

test("a claim that finds nothing is given what comes", async () => {
  const worker = await door.open({ functions: ["greet"] })
  const waiting = door.post<{ items: unknown[] }>("/claim", { worker_id: worker, max_tasks: 1, wait: "20s" })
  const run_id = await runOf({ hello: greet })
  expect((await waiting).body.items).toMatchObject([{ run_id }])
})

test("whose token is revoked while it waits is given nothing, and the task goes to others", async () => {
  const known = new Set(["developer"])
  const guarded = remoteDoor(engine, undefined, known)
  const worker = await guarded.open({ functions: ["greet"] })
  const waiting = guarded.post("/claim", { worker_id: worker, max_tasks: 1, wait: "20s" })
  await until("the claim waits for more than a second", async () => {
    const [row] = await engine.database.run(
      (sql) => sql<{ age_s: number }>`
        select extract(epoch from now() - started_at)::float8 as age_s from scheduler.session`,
    )
    return (row?.age_s ?? 0) > 1.5
  })
  known.clear()
  const run_id = await runOf({ hello: greet })
  expect(await waiting).toMatchObject({ status: 401, body: { code: "auth.invalid" } })
  expect(await taskOf(run_id)).toMatchObject({ status: "queued" })
  expect(await door.claim(await door.open({ functions: ["greet"] }))).toMatchObject([{ run_id }])
})

test("a newer claim of the same worker ends the older one", async () => {
  const worker = await door.open({ functions: ["greet"] })
  const claim = () =>
    door.post<{ items: unknown[] }>("/claim", { worker_id: worker, max_tasks: 1, wait: "20s" })
  const older = claim()
  const newer = claim()
  expect((await older).body.items).toEqual([])
  const run_id = await runOf({ hello: greet })
  expect((await newer).body.items).toMatchObject([{ run_id }])
})

test("nobody waits for work at a platform that is being stopped, and who comes then is asked to come again", async () => {
  const closing = new AbortController()
  const stopping = remoteDoor(engine, closing.signal)
  const claim = { worker_id: await stopping.open({ functions: ["greet"] }), max_tasks: 1, wait: "20s" }
  const waiting = stopping.post("/claim", claim)
  closing.abort()
  expect([200, 503]).toContain((await waiting).status)
  expect(await stopping.post("/claim", claim)).toMatchObject({ status: 503, body: { code: "platform.busy" } })
})

test("a workspace sees its own workers and the platform's", async () => {
  await given.session(engine)
  await door.open({ functions: ["greet"], job_types: ["resize"], labels: { zone: "a" } })
  await door.open({ functions: ["greet"], workspace: other_workspace_id })
  const { body } = await door.ask<{ items: Record<string, unknown>[] }>("GET", "/workers")
  expect(body.items).toMatchObject([
    {
      ...{ name: "own", remote: true, functions: ["greet"], types: ["function", "resize"], slots: 10 },
      ...{ labels: { zone: "a" }, queues: ["*"], status: "idle" },
    },
    { name: "test", remote: false, functions: [] },
  ])
})

describe("what an attempt of a remote worker was given", () => {
  const usageOf = async (id: string) => {
    const [row] = await engine.database.run(
      (sql) => sql<{ usage: unknown }>`select usage from scheduler.task_run where id = ${id}::text::uuid`,
    )
    return row?.usage
  }
  const task = {
    uses: "function",
    env: { LOUD: "${{ inputs.loud }}" },
    with: { name: "greet", input: { who: "${{ inputs.name }}" } },
  }
  const inputs = { name: "Ada", loud: true }

  test("is told with its result by who gave it, whatever its worker says", async () => {
    const worker = await door.open({ functions: ["greet"] })
    await runOf({ hello: { ...task, retries: { max_retries: 1, initial: "1h" } } }, { inputs })
    const attempt = only(await door.claim(worker))
    const lie = { ...held(attempt), outcome: "failed", error: { code: "a", message: "b" }, usage: {} }
    expect((await door.report(worker, [lie])).status).toBe(422)
    const { usage: _, ...result } = lie
    expect((await door.report(worker, [result])).status).toBe(200)
    const told = { inputs: { name: "greet", input: { who: "Ada" }, env: { LOUD: "true" } } }
    expect(await usageOf(attempt.task_run_id)).toEqual(told)
    const event = (await given.told(engine)).find(({ topic }) => topic === "task.retrying")
    expect(event?.data).toMatchObject({ usage: told })
  })

  test("is left out where it is large, of a job without a run, and by a process that didn't give it", async () => {
    const worker = await door.open({ functions: ["greet"], job_types: ["resize"] })
    const settled = async (through: RemoteDoor) => {
      const attempt = only(await door.claim(worker))
      await through.report(worker, [{ ...held(attempt), outcome: "completed" }])
      return usageOf(attempt.task_run_id)
    }
    await runOf({ hello: task }, { inputs: { ...inputs, name: "x".repeat(4_000) } })
    expect(await settled(door)).toEqual({ inputs: { name: "greet", env: { LOUD: "true" } } })
    await door.create({ type: "resize", payload: { width: 7 } })
    expect(await settled(door)).toBeNull()
    const step = chain([{ name: "one", type: "resize" }])
    await startRuns(engine)([given.start(step, { version: 0, inputs: { payloads: [{ width: 8 }] } })])
    expect(await settled(door)).toEqual({ inputs: { width: 8 } })
    await runOf({ hello: task }, { inputs })
    expect(await settled(remoteDoor({ ...engine, given_inputs: recent(10) }))).toBeNull()
  })
})
