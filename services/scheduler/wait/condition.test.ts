import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { rerunRun } from "../run/rerun.ts"
import { startRuns } from "../run/start.ts"
import { actorOf, waitsOf } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const start = async (tasks: Definition["tasks"], inputs: Record<string, unknown> = {}) => {
  const [started] = await startRuns(engine)([given.start(given.plan(tasks), { inputs })])
  if (!started?.run) throw new Error("the run was not started")
  return started.run
}

const work = (outputs: Record<string, unknown> = {}) => given.work(engine, session_id, () => ({ outputs }))

const noop = (more: Record<string, unknown> = {}) => ({ uses: "noop" as const, ...more })

const statuses = async (run_id: string) =>
  Object.fromEntries(Object.entries(await see.tasks(run_id)).map(([name, { status }]) => [name, status]))

test("a task runs if its condition holds, and is passed over if not, which is as good", async () => {
  const { id } = await start({
    count: noop(),
    many: noop({ needs: ["count"], if: "tasks.count.outputs.rows > 10" }),
    few: noop({ needs: ["count"], if: "${{ tasks.count.outputs.rows <= 10 }}" }),
    last: noop({ needs: ["many", "few"] }),
    alarm: noop({ needs: ["many", "few"], when: "failure" }),
  })
  expect(await work({ rows: 3 })).toEqual(["count", "few", "last"])
  expect(await statuses(id)).toEqual({
    ...{ count: "completed", few: "completed", last: "completed" },
    ...{ many: "skipped", alarm: "skipped" },
  })
  const tasks = await see.tasks(id)
  expect([tasks.many?.reason, tasks.alarm?.reason]).toEqual(["condition", "needs"])
  expect((await see.run(id)).status).toBe("completed")
  expect(await see.events(id)).toContain("task.skipped many")
})

test("conditions are told one after the other, as far as they lead, at the start already", async () => {
  const run = await start(
    {
      one: noop({ if: "inputs.go" }),
      two: noop({ needs: ["one"], if: "inputs.go || tasks.one.status == 'skipped'" }),
      three: noop({ needs: ["one"], if: "inputs.go" }),
    },
    { go: false },
  )
  expect(Object.fromEntries((run.tasks ?? []).map(({ task, status }) => [task, status]))).toEqual({
    ...{ one: "skipped", two: "queued", three: "skipped" },
  })
  expect(await work()).toEqual(["two"])
  expect((await see.run(run.id)).status).toBe("completed")
})

test("a run in which nothing is wanted has completed at its start", async () => {
  const run = await start({ one: noop({ if: "false" }), two: noop({ needs: ["one"], if: "false" }) })
  expect(run.status).toBe("completed")
  expect((await see.run(run.id)).status).toBe("completed")
  expect((await see.events(run.id)).at(-1)).toBe("workflow.completed")
})

test.each([
  ["tasks.first.outputs.rows > 10", "rows"],
  ["inputs.word", "it yields"],
])("a condition that can't be told fails its task with the reason: %s", async (condition, reason) => {
  const { id } = await start(
    {
      first: noop(),
      next: noop({ needs: ["first"], if: condition }),
      mend: noop({ needs: ["next"], when: "failure" }),
      after: noop({ needs: ["next"] }),
    },
    { word: "yes" },
  )
  expect(await work()).toEqual(["first", "mend"])
  const { next: task, after } = await see.tasks(id)
  expect(task).toMatchObject({ status: "failed", reason: "if.invalid", attempt: 0 })
  expect(task?.error?.message).toContain(reason)
  expect(after?.status).toBe("skipped")
  expect(await see.run(id)).toMatchObject({ status: "failed", reason: "task_failed" })
})

test("a condition may ask whether there is an output at all", async () => {
  const { id } = await start({
    first: noop(),
    next: noop({ needs: ["first"], if: "has(tasks.first.outputs.rows) && tasks.first.outputs.rows > 1" }),
  })
  expect(await work()).toEqual(["first"])
  expect(await statuses(id)).toEqual({ first: "completed", next: "skipped" })
})

test("a condition may stand before a wait, and then decides whether it begins", async () => {
  const nap = { uses: "sleep" as const, with: { duration: "1h" } }
  const { id } = await start({ no: { ...nap, if: "false" }, yes: { ...nap, if: "true" } })
  expect(await statuses(id)).toEqual({ no: "skipped", yes: "waiting" })
  await see.due("wake")
  expect((await see.run(id)).status).toBe("completed")
})

test("a rerun tells conditions anew, from outputs that it has kept", async () => {
  const { id } = await start({
    first: noop(),
    next: noop({ needs: ["first"], if: "tasks.first.outputs.rows > 10" }),
    bad: noop({ needs: ["first"] }),
  })
  await given.work(engine, session_id, ({ task }) =>
    task === "bad" ? { outcome: "failed", non_retryable: true } : { outputs: { rows: 11 } },
  )
  const again = await rerunRun(engine)(actorOf("operator"), id, { mode: "from", task: "next" })
  expect(await work()).toContain("next")
  expect((await statuses(again.id)).first).toBe("completed")
})
