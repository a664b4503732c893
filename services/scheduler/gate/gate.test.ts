import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { type Answered, type JobsDoor, jobsDoor, other_workspace_id } from "../job/given.ts"
import type { Job } from "../job/shape.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import type { Settlement } from "../task/verdict.ts"
import { fireTimers } from "../timer/fire.ts"
import { type Entering, passGate } from "./gate.ts"
import { findGateFaults, readGates } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
let session_id: string
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  session_id = await given.session(engine)
})
afterAll(async () => {
  expect(await findGateFaults(engine)).toEqual([])
  await engine.close()
})

const post = (concurrency: unknown, more = {}) =>
  door.ask<Job & { code?: string }>("POST", "/jobs", { body: { type: "noop", concurrency, ...more } })

const create = async (key: string, more: Record<string, unknown> = {}, job = {}): Promise<Job> => {
  const { body } = await post({ key, ...more }, job)
  return body
}

const show = async ({ id }: Pick<Job, "id">) => (await door.ask<Job>("GET", `/jobs/${id}`)).body

const cancel = ({ id }: Job) => door.ask<Job>("POST", `/jobs/${id}/cancel`)

const claim = () => claimTasks(engine)({ session_id, room: given.room(50) })

const end = (attempt: Attempt | undefined, more: Partial<Settlement> = {}) =>
  reportTasks(engine)({
    session_id,
    room: given.room(0),
    settlements: [
      { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "completed", ...more },
    ],
  })

const fails = { outcome: "failed", error: { code: "task.exit", message: "exit code 3" } } as const

const idsOf = (some: readonly { id: string }[]) => some.map(({ id }) => id)

const gateOf = async (key: string) => (await readGates(engine)).find((gate) => gate.key === key)

const due = async () => {
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
}

describe("of jobs with the same key", () => {
  test("no more run than may, the others in their order as soon as one has ended", async () => {
    const jobs = [await create("two", { limit: 2 }), await create("two", { limit: 2 })]
    jobs.push(await create("two", { limit: 2 }), await create("two", { limit: 2 }))
    expect(jobs.map(({ status }) => status)).toEqual(["queued", "queued", "queued", "queued"])
    expect(jobs[0]?.concurrency).toEqual({ key: "two", limit: 2, on_conflict: "queue" })
    expect(await show(jobs[3] ?? { id: "" })).toEqual(jobs[3] as Job)
    const first = await claim()
    expect(idsOf(first)).toEqual(idsOf(jobs.slice(0, 2)))
    expect(await claim()).toEqual([])
    await end(first[0])
    const next = await claim()
    expect(idsOf(next)).toEqual(idsOf(jobs.slice(2, 3)))
    await end(next[0])
    await end(first[1])
    await end((await claim())[0])
    expect(await gateOf("two")).toBeUndefined()
  })

  test("one that is tried again later holds its key until it has ended", async () => {
    const job = await create("again", {}, { max_retries: 1 })
    const behind = await create("again")
    await end((await claim())[0], fails)
    expect((await show(job)).status).toBe("retrying")
    expect(await claim()).toEqual([])
    await due()
    const [second] = await claim()
    expect(second?.id).toBe(job.id)
    await end(second, { outcome: "lost" })
    const [third] = await claim()
    expect(third?.id).toBe(job.id)
    await end(third, fails)
    expect((await show(job)).status).toBe("dead_letter")
    const [next] = await claim()
    expect(next?.id).toBe(behind.id)
    await end(next)
  })

  test("a delayed one comes to the gate when its time has come, and waits there for its turn", async () => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString()
    const later = await create("delayed", { on_conflict: "reject" }, { run_at })
    const now = await create("delayed")
    expect([later.status, await gateOf("delayed")]).toEqual([
      "pending",
      { key: "delayed", in_use: 1, waiting: 0 },
    ])
    await due()
    expect(await gateOf("delayed")).toEqual({ key: "delayed", in_use: 1, waiting: 1 })
    expect((await show(later)).status).toBe("queued")
    const [first] = await claim()
    expect(first?.id).toBe(now.id)
    await end(first)
    const [second] = await claim()
    expect(second?.id).toBe(later.id)
    await end(second)
  })

  test("a dead letter that is replayed waits for its turn again", async () => {
    const job = await create("replayed", { on_conflict: "cancel_running" })
    await end((await claim())[0], { ...fails, non_retryable: true })
    const other = await create("replayed")
    const { body } = await door.ask<{ items: { id: string; job: Job }[] }>("GET", "/dead-letters")
    const dead = body.items.find((item) => item.job.id === job.id)
    expect((await door.ask("POST", `/dead-letters/${dead?.id}/replay`)).status).toBe(202)
    expect(await gateOf("replayed")).toEqual({ key: "replayed", in_use: 1, waiting: 1 })
    const [first] = await claim()
    expect(first?.id).toBe(other.id)
    await end(first)
    const [second] = await claim()
    expect(second?.id).toBe(job.id)
    await end(second)
  })

  test("the limit that came last counts", async () => {
    const jobs = [await create("grown"), await create("grown"), await create("grown")]
    jobs.push(await create("grown", { limit: 3 }))
    expect(await gateOf("grown")).toEqual({ key: "grown", in_use: 3, waiting: 1 })
    const attempts = await claim()
    expect(idsOf(attempts)).toEqual(idsOf(jobs.slice(0, 3)))
    jobs.push(await create("grown", { limit: 1 }))
    await end(attempts[0])
    expect(await claim()).toEqual([])
    await end(attempts[1])
    await end(attempts[2])
    const [fourth] = await claim()
    expect(fourth?.id).toBe(jobs[3]?.id ?? "")
    await end(fourth)
    await end((await claim())[0])
  })

  test("those of another workspace are no concern", async () => {
    const own = await create("shared")
    const theirs = await post({ key: "shared", on_conflict: "reject" }, {})
    expect(theirs.status).toBe(409)
    const { status } = await door.ask("POST", "/jobs", {
      body: { type: "noop", concurrency: { key: "shared", on_conflict: "reject" } },
      workspace: other_workspace_id,
    })
    expect(status).toBe(201)
    for (const attempt of await claim()) await end(attempt)
    expect((await show(own)).status).toBe("completed")
  })
})

describe("a job that is cancelled", () => {
  test("while it waits leaves its place, and holds nothing", async () => {
    const [first, second, third] = [await create("left"), await create("left"), await create("left")]
    expect((await cancel(second)).body.status).toBe("cancelled")
    expect(await gateOf("left")).toEqual({ key: "left", in_use: 1, waiting: 1 })
    const [attempt] = await claim()
    expect(attempt?.id).toBe(first.id)
    await end(attempt)
    const [next] = await claim()
    expect(next?.id).toBe(third.id)
    await end(next)
  })

  test("before it began lets the next one in at once", async () => {
    const [first, second] = [await create("freed"), await create("freed")]
    await cancel(first)
    const [attempt] = await claim()
    expect(attempt?.id).toBe(second.id)
    await cancel(second)
    expect(await gateOf("freed")).toEqual({ key: "freed", in_use: 1, waiting: 0 })
    await end(attempt, { outcome: "failed" })
    expect((await show(second)).status).toBe("cancelled")
    expect(await gateOf("freed")).toBeUndefined()
  })

  test("before its time was never there", async () => {
    const job = await create("never", {}, { run_at: new Date(Date.now() + 3_600_000).toISOString() })
    await cancel(job)
    await due()
    expect(await gateOf("never")).toBeUndefined()
  })
})

test("a job that waits too long for its turn becomes a dead letter, and holds nothing", async () => {
  const first = await create("late")
  const second = await create("late", {}, { queue_timeout: "1m" })
  const third = await create("late")
  await engine.database.run(
    (sql) => sql`
      update scheduler.task_run set queued_at = now() - interval '1 minute' where id = ${second.id}::text::uuid`,
  )
  await due()
  expect((await show(second)).status).toBe("dead_letter")
  expect(await gateOf("late")).toEqual({ key: "late", in_use: 1, waiting: 1 })
  const [attempt] = await claim()
  await end(attempt)
  const [next] = await claim()
  expect([attempt?.id, next?.id]).toEqual([first.id, third.id])
  await end(next)
})

describe("a job that would rather not wait", () => {
  test("is refused with a full key, and nothing is written", async () => {
    const held = await create("full")
    const refused = await post({ key: "full", on_conflict: "reject" }, { idempotency_key: "refused" })
    expect([refused.status, refused.body.code]).toEqual([409, "concurrency.full"])
    const [row] = await engine.database.run(
      (sql) => sql`select count(*)::int as count from scheduler.task_run where gate_key = 'full'`,
    )
    expect(row).toEqual({ count: 1 })
    expect(await gateOf("full")).toEqual({ key: "full", in_use: 1, waiting: 0 })
    await cancel(held)
    const again = await post({ key: "full", on_conflict: "reject" }, { idempotency_key: "refused" })
    expect([again.status, again.body.status]).toEqual([201, "queued"])
    const same = await post({ key: "full", on_conflict: "reject" }, { idempotency_key: "refused" })
    expect([same.status, same.body.id]).toEqual([201, again.body.id])
    await end((await claim())[0])
  })

  test("is refused alone, where it came with others", async () => {
    const jobs = [1, 2, 3].map(() => ({
      type: "noop",
      concurrency: { key: "few", limit: 2, on_conflict: "reject" },
    }))
    const { body } = await door.ask<{ items: { job?: Job; problem?: { code: string } }[] }>(
      "POST",
      "/jobs/batch",
      {
        body: { jobs: [...jobs, { type: "noop" }] },
      },
    )
    expect(body.items.map(({ job, problem }) => job?.status ?? problem?.code)).toEqual([
      ...["queued", "queued", "concurrency.full", "queued"],
    ])
    const attempts = await claim()
    expect(attempts).toHaveLength(3)
    for (const attempt of attempts) await end(attempt)
  })
})

describe("a job that cancels others", () => {
  const latest = { on_conflict: "cancel_running" }

  test("stops what runs, ends what waits, and begins when they are gone", async () => {
    const jobs = [await create("latest"), await create("latest")]
    const [attempt] = await claim()
    const stopped = engine.stopped.next(5_000)
    const third = await create("latest", latest)
    await stopped
    expect((await show(jobs[0] ?? third)).status).toBe("running")
    expect((await show(jobs[1] ?? third)).status).toBe("cancelled")
    const fourth = await create("latest", latest)
    expect((await show(third)).status).toBe("cancelled")
    expect(await claim()).toEqual([])
    await end(attempt, { outcome: "failed" })
    expect((await show(jobs[0] ?? third)).status).toBe("cancelled")
    const [next] = await claim()
    expect(next?.id).toBe(fourth.id)
    await end(next)
  })

  test("takes the place of what had not begun at once", async () => {
    const first = await create("at-once", latest)
    const second = await create("at-once", latest)
    expect((await show(first)).status).toBe("cancelled")
    const [next] = await claim()
    expect(next?.id).toBe(second.id)
    await end(next)
  })

  test("is the last of those that came at the same time", async () => {
    const jobs = [1, 2, 3].map(() => ({ type: "noop", concurrency: { key: "race", ...latest } }))
    const { body } = await door.ask<{ items: { job: Job }[] }>("POST", "/jobs/batch", { body: { jobs } })
    const states = await Promise.all(body.items.map(({ job }) => show(job)))
    expect(states.map(({ status }) => status)).toEqual(["cancelled", "cancelled", "queued"])
    await end((await claim())[0])
  })

  test("harms nobody where there is room", async () => {
    const jobs = [
      await create("room", { limit: 2, ...latest }),
      await create("room", { limit: 2, ...latest }),
    ]
    const attempts = await claim()
    expect(idsOf(attempts)).toEqual(idsOf(jobs))
    for (const attempt of attempts) await end(attempt)
  })
})

describe("refused is a key", () => {
  test.each([
    ["of nothing", { key: "" }],
    ["that is huge", { key: "k".repeat(256) }],
    ["with a NUL", { key: "a\0" }],
    ["with half of a surrogate pair", { key: "\ud800" }],
    ["that is a number", { key: 7 }],
    ["for none at once", { key: "a", limit: 0 }],
    ["for less than none", { key: "a", limit: -1 }],
    ["for half of one", { key: "a", limit: 0.5 }],
    ["for 1e9", { key: "a", limit: 1e9 }],
    ["with another conflict", { key: "a", on_conflict: "ignore" }],
    ["with more", { key: "a", in_use: 0 }],
    ["left out", { limit: 1 }],
    ["that is bare text", "a"],
  ])("%s", async (_, concurrency) => {
    const refused: Answered = await post(concurrency)
    expect([refused.status, refused.body.code]).toEqual([422, "request.invalid"])
  })
})

test("a key may be any text", async () => {
  const keys = [
    "k".repeat(255),
    "ü 'quoted' \"\\\\ {a,b} NULL",
    "__proto__",
    "${{ inputs.a }}",
    "%s;--",
    "\n\t",
  ]
  for (const key of keys) {
    await create(key)
    expect(await gateOf(key)).toEqual({ key, in_use: 1, waiting: 0 })
  }
  for (const attempt of await claim()) await end(attempt)
  expect(await readGates(engine)).toEqual([])
})

const entering = (id: string, on_conflict: Entering["on_conflict"] = "queue"): Entering => ({
  ...{ id, workspace_id, key: "k", limit: 2, on_conflict, task: null },
})

const waiting = (...ids: string[]) => ids.map((id) => ({ id, lane: null }))

describe("who passes a gate", () => {
  const gate = { workspace_id, key: "k", max: 2, in_use: 2, freed: 0, waiting: [] }
  const pass = (more: Partial<typeof gate> | object, ...some: Entering[]) => {
    const { change, holds, waits, refused } = passGate({ ...gate, ...more }, { leaving: [], entering: some })
    const { in_use, admitted } = change
    return [in_use, ...[admitted, holds, waits, refused].map((each) => idsOf(each).join())]
  }
  test("is what waits, before what comes", () => {
    expect(pass({ freed: 1, waiting: waiting("a", "b") }, entering("c"))).toEqual([2, "a", "", "c", ""])
    expect(pass({ freed: 2, waiting: waiting("a") }, entering("c"), entering("d"))).toEqual([
      2,
      "a",
      "c",
      "d",
      "",
    ])
  })
  test("is nobody while more hold it than may", () => {
    expect(pass({ max: 1, freed: 1, waiting: waiting("a") })).toEqual([1, "", "", "", ""])
  })
  test("is what comes with others, in their order", () => {
    const some = [entering("a"), entering("b", "reject"), entering("c", "reject"), entering("d")]
    expect(pass({ in_use: 0 }, ...some)).toEqual([2, "", "a,b", "d", "c"])
  })
})
