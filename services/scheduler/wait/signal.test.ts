import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id } from "../job/given.ts"
import { cancelRun } from "../run/cancel.ts"
import { actorOf, waitsOf } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const run = (tasks: Definition["tasks"]) => given.run(engine, tasks)
const work = () => given.work(engine, session_id)

const send = (run_id: string, name: string, data?: unknown) =>
  door.ask("POST", `/runs/${run_id}/signals/${name}`, { body: data === undefined ? {} : { data } })

const paid = {
  uses: "signal",
  with: {
    name: "payment",
    timeout: "1h",
    schema: {
      type: "object",
      properties: { amount: { type: "integer", minimum: 1 } },
      required: ["amount"],
      additionalProperties: false,
    },
  },
} as const satisfies Definition["tasks"][string]

test("a signal ends the task that waits for it, and its data are the outputs", async () => {
  const run_id = await run({
    paid,
    ship: { uses: "noop", needs: ["paid"], if: "tasks.paid.outputs.amount > 5" },
  })
  expect((await see.tasks(run_id)).paid).toMatchObject({
    status: "waiting",
    wait: { for: "signal", name: "payment" },
  })
  expect(await send(run_id, "payment", { amount: 7 })).toMatchObject({
    status: 202,
    body: { delivered: true, tasks: ["paid"] },
  })
  expect((await see.tasks(run_id)).paid).toMatchObject({ status: "completed", outputs: { amount: 7 } })
  expect(await work()).toEqual(["ship"])
  expect((await see.run(run_id)).status).toBe("completed")
})

test("a signal that comes before its task waits is kept, and taken then", async () => {
  const run_id = await run({ first: { uses: "noop" }, paid: { ...paid, needs: ["first"] } })
  expect((await send(run_id, "payment", { amount: 1 })).body).toEqual({ delivered: false, tasks: ["paid"] })
  expect((await send(run_id, "payment", { amount: 1 })).status).toBe(202)
  expect(await send(run_id, "payment", { amount: 2 })).toMatchObject({
    status: 409,
    body: { code: "signal.kept" },
  })
  await work()
  expect((await see.tasks(run_id)).paid).toMatchObject({ status: "completed", outputs: { amount: 1 } })
  expect((await see.events(run_id)).slice(-3)).toEqual([
    "task.waiting paid",
    "task.completed paid",
    "workflow.completed",
  ])
  const kept = await engine.database.run((sql) => sql`select from scheduler.signal`)
  expect(kept).toEqual([])
})

test("the same signal sent again after it was taken is no error, another one is", async () => {
  const run_id = await run({ paid })
  await send(run_id, "payment", { amount: 3 })
  expect((await send(run_id, "payment", { amount: 3 })).status).toBe(202)
  expect(await send(run_id, "payment", { amount: 4 })).toMatchObject({
    status: 409,
    body: { code: "signal.not_awaited", detail: expect.stringContaining("paid") },
  })
})

test("data that are no mapping have the name `data`", async () => {
  const run_id = await run({ go: { uses: "signal" }, stop: { uses: "signal" } })
  await send(run_id, "go", [1, 2])
  await send(run_id, "stop")
  const { go, stop } = await see.tasks(run_id)
  expect([go?.outputs, stop?.outputs]).toEqual([{ data: [1, 2] }, {}])
})

describe("refused with a reason is", () => {
  test("what doesn't fit the schema, whether the task waits already or not", async () => {
    const waiting = await run({ paid })
    const early = await run({ first: { uses: "noop" }, paid: { ...paid, needs: ["first"] } })
    for (const run_id of [waiting, early]) {
      const { status, body } = await send(run_id, "payment", { amount: "much", tip: 1 })
      expect([status, body.code]).toEqual([422, "signal.invalid"])
      expect((body.errors as { path: string }[]).map(({ path }) => path).sort()).toEqual([
        "data.amount",
        "data.tip",
      ])
      expect((await send(run_id, "payment")).body.detail).toContain("`amount` is missing")
    }
    expect((await see.tasks(waiting)).paid?.status).toBe("waiting")
  })

  test("a name that no task waits for, with those that there are", async () => {
    const run_id = await run({ paid })
    expect(await send(run_id, "paymnt", {})).toMatchObject({
      status: 404,
      body: { code: "signal.unknown", detail: expect.stringContaining("`payment`") },
    })
  })

  test("another workspace's run, a viewer, and too much", async () => {
    const run_id = await run({ paid })
    const path = `/runs/${run_id}/signals/payment`
    const body = { data: { amount: 1 } }
    expect((await door.ask("POST", path, { body, workspace: other_workspace_id })).status).toBe(404)
    expect((await door.ask("POST", path, { body, role: "viewer" })).status).toBe(403)
    expect((await send(run_id, "payment", { amount: "x".repeat(300_000) })).status).toBe(422)
    expect((await see.tasks(run_id)).paid?.status).toBe("waiting")
  })

  test("what comes after the end of the run", async () => {
    const run_id = await run({ paid })
    await cancelRun(engine)(actorOf("operator"), run_id)
    expect(await send(run_id, "payment", { amount: 1 })).toMatchObject({
      status: 409,
      body: { code: "signal.not_awaited" },
    })
  })
})

test("when it doesn't come in time the task fails, or goes on where that is wanted", async () => {
  const run_id = await run({
    paid,
    idle: { uses: "signal", with: { timeout: "1h", on_timeout: "continue" } },
  })
  await see.due("wait_timeout")
  const { paid: failed, idle } = await see.tasks(run_id)
  expect(failed).toMatchObject({ status: "failed", error: { code: "signal.timeout" } })
  expect(idle).toMatchObject({ status: "completed", outputs: {} })
  expect((await see.run(run_id)).status).toBe("failed")
})

test("two who send at once: one signal is taken, and the other is told so", async () => {
  const run_id = await run({ paid })
  const sent = await Promise.all([1, 2, 3, 4].map((amount) => send(run_id, "payment", { amount })))
  expect(sent.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409])
  expect((await see.events(run_id)).filter((event) => event === "task.completed paid")).toHaveLength(1)
})
