import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const ends: ReadonlySet<string> = new Set(["completed", "dead_letter", "cancelled"])

const ended = async (job_id: string) => {
  let job = await it.client.jobs.get(job_id)
  await until("the job ends", async () => {
    job = await it.client.jobs.get(job_id)
    return ends.has(job.status)
  })
  return job
}

const impatient = { retries: { initial: "10ms", jitter: 0 } }

test("a job is run, and its result and times are kept", async () => {
  const { id, status, attempt } = await it.client.jobs.create({
    type: "transform",
    payload: { data: ["b", "a"], operations: ["sort", "uppercase"] },
  })
  expect([status, attempt]).toEqual(["queued", 0])
  const job = await ended(id)
  expect(job).toMatchObject({
    ...{ id, status: "completed", attempt: 1, error: null, result: { data: ["A", "B"] } },
    worker_id: expect.any(String),
  })
  const times = [job.created_at, job.started_at, job.completed_at].map((time) => Date.parse(time ?? ""))
  expect(times).toEqual([...times].sort((one, other) => one - other))
})

test.each([
  ["noop", {}],
  ["default", {}],
  ["compute", { iterations: 1_000 }],
  ["notify", { message: "hello" }],
  ["sleep", { ms: 5 }],
  ["flaky", { failure_rate: 0 }],
])("a job of type %s completes", async (type, payload) => {
  const { id } = await it.client.jobs.create({ type, payload })
  expect((await ended(id)).status).toBe("completed")
})

test("a payload that its type can't use fails at once, and says which field", async () => {
  const { id } = await it.client.jobs.create({ type: "sleep", payload: { ms: "long" } })
  const job = await ended(id)
  expect([job.status, job.attempt]).toEqual(["dead_letter", 1])
  expect(job.error).toEqual({ code: "payload.invalid", message: expect.stringContaining("ms: ") })
})

test("a delayed job begins when it is due, and not before", async () => {
  const run_at = new Date(Date.now() + 700).toISOString()
  const { id, status } = await it.client.jobs.create({ type: "noop", run_at })
  expect(status).toBe("pending")
  const job = await ended(id)
  expect(Date.parse(job.started_at ?? "")).toBeGreaterThanOrEqual(Date.parse(run_at))
})

test("a job that always fails is tried as often as it may, and is a dead letter then", async () => {
  const queue = `dies-${crypto.randomUUID().slice(0, 8)}`
  const wanted = { type: "flaky", payload: { failure_rate: 1 }, max_retries: 2, queue, ...impatient }
  const { id } = await it.client.jobs.create(wanted)
  const job = await ended(id)
  expect([job.status, job.attempt, job.error?.code]).toEqual(["dead_letter", 3, "flaky.failed"])
  const { items } = await it.client.deadLetters.list({ queue })
  expect(items).toEqual([expect.objectContaining({ reason: "flaky.failed", attempts: 3, job })])
  expect((await it.client.queues.get(queue)).dead_letters).toBe(1)
})

test("a dead letter is replayed once, under the same id and with all its tries again", async () => {
  const queue = `replays-${crypto.randomUUID().slice(0, 8)}`
  const wanted = { type: "flaky", payload: { failure_rate: 1 }, max_retries: 1, queue, ...impatient }
  const { id } = await it.client.jobs.create(wanted)
  await ended(id)
  await it.client.queues.pause(queue)
  const [letter] = (await it.client.deadLetters.list({ queue })).items
  const replayed = await it.client.deadLetters.replay(letter?.id ?? "")
  expect(replayed).toMatchObject({ id, status: "queued", attempt: 0, error: null, completed_at: null })
  expect(await it.client.deadLetters.replay(letter?.id ?? "")).toEqual(replayed)
  await it.client.queues.resume(queue)
  const again = await ended(id)
  expect([again.status, again.attempt]).toEqual(["dead_letter", 2])
  const { items } = await it.client.deadLetters.list({ job_id: id })
  expect(items.map((one) => one.id === letter?.id)).toEqual([false])
  await it.client.deadLetters.drop(items[0]?.id ?? "")
  expect((await it.client.deadLetters.list({ queue })).items).toEqual([])
})

test("a running job that is cancelled is stopped, and a queued one never begins", async () => {
  const queue = `cancels-${crypto.randomUUID().slice(0, 8)}`
  const running = await it.client.jobs.create({ type: "sleep", payload: { ms: 600_000 }, queue })
  await until("it runs", async () => (await it.client.jobs.get(running.id)).status === "running")
  await it.client.queues.pause(queue)
  const waiting = await it.client.jobs.create({ type: "noop", queue })
  expect((await it.client.queues.get(queue)).running).toBe(1)
  expect((await it.client.jobs.cancel(waiting.id)).status).toBe("cancelled")
  await it.client.jobs.cancel(running.id)
  expect((await ended(running.id)).status).toBe("cancelled")
  expect((await it.client.jobs.cancel(running.id)).status).toBe("cancelled")
  const done = await it.client.jobs.create({ type: "noop" })
  await ended(done.id)
  await expect(it.client.jobs.cancel(done.id)).rejects.toMatchObject({ code: "job.not_cancellable" })
})

test("nothing of a paused queue begins until it goes on", async () => {
  const queue = `paused-${crypto.randomUUID().slice(0, 8)}`
  expect((await it.client.queues.pause(queue)).paused).toBe(true)
  const { id } = await it.client.jobs.create({ type: "noop", queue })
  const other = await it.client.jobs.create({ type: "noop" })
  await ended(other.id)
  expect((await it.client.jobs.get(id)).status).toBe("queued")
  expect(await it.client.queues.get(queue)).toMatchObject({ paused: true, queued: 1 })
  await it.client.queues.resume(queue)
  expect((await ended(id)).status).toBe("completed")
})

test("a job that waits in its queue for longer than it may is a dead letter", async () => {
  const queue = `late-${crypto.randomUUID().slice(0, 8)}`
  await it.client.queues.pause(queue)
  const { id } = await it.client.jobs.create({ type: "noop", queue, queue_timeout: "50ms" })
  const job = await ended(id)
  expect([job.status, job.attempt]).toEqual(["dead_letter", 0])
  const [letter] = (await it.client.deadLetters.list({ queue })).items
  expect(letter?.reason).toBe("queue.timeout")
})

describe("the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-e2e-jobs-"))

  test("makes a job, shows it, and lists it", async () => {
    const made = await it.wf([
      "jobs",
      "create",
      "notify",
      "--payload",
      '{"message":"hello"}',
      "--queue",
      "shown",
    ])
    expect([made.code, made.stderr]).toEqual([0, ""])
    const id = made.stdout.trim()
    await ended(id)
    expect((await it.wf(["jobs", "show", id, "--field", "status"])).stdout).toBe("completed\n")
    const { stdout } = await it.wf(["jobs", "list", "--queue", "shown"])
    expect(stdout.split("\n")[0]?.split("\t").slice(0, 4)).toEqual([id, "notify", "shown", "completed"])
    expect((await it.wf(["jobs", "cancel", id])).code).toBe(6)
  })

  test("makes the jobs of a file, and the same key makes one", async () => {
    const path = join(folder, "jobs.jsonl")
    const line = (payload: number) => JSON.stringify({ type: "noop", payload, queue: "file" })
    writeFileSync(path, Array.from({ length: 620 }, (_, index) => line(index)).join("\n"))
    const made = await it.wf(["jobs", "create", "--file", path])
    expect([made.code, new Set(made.stdout.trim().split("\n")).size]).toEqual([0, 620])
    const keyed = () => it.wf(["jobs", "create", "noop", "--key", "e2e-once"])
    expect((await keyed()).stdout).toBe((await keyed()).stdout)
  })

  test("replays dead letters by their queue", async () => {
    const bad = await it.client.jobs.create({ type: "sleep", payload: {}, queue: "replayed" })
    await ended(bad.id)
    const listed = await it.wf(["dead-letters", "list", "--queue", "replayed"])
    expect(listed.stdout).toContain(bad.id)
    expect((await it.wf(["dead-letters", "replay", "--queue", "replayed"])).code).toBe(2)
    expect((await it.wf(["dead-letters", "replay", "--queue", "replayed", "--yes"])).stdout).toBe("1\n")
    await ended(bad.id)
    expect((await it.wf(["dead-letters", "drop", "--queue", "replayed", "--yes"])).stdout).toBe("1\n")
  })

  test("limits a queue, pauses it and lists the workers", async () => {
    const set = await it.wf(["queues", "set", "limited", "--concurrency", "2", "--rate", "10/second"])
    expect(set.stdout).toBe("limited\topen\t0\t0\t0\t0\t0\t2\t10/second\n")
    expect((await it.wf(["queues", "pause", "limited"])).stdout).toContain("\tpaused\t")
    expect((await it.wf(["queues", "list"])).stdout).toContain("limited\tpaused\t")
    // Where others have tried theirs, too, some may be gone.
    const { stdout } = await it.wf(["workers", "list"])
    const statuses = stdout.split("\n").map((line) => line.split("\t")[2] ?? "")
    expect(statuses.some((status) => ["idle", "busy"].includes(status))).toBe(true)
  })
})
