import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { cleanEnded } from "../retention/clean.ts"
import { cancelRun } from "../run/cancel.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { rerunRun } from "../run/rerun.ts"
import { type RunStart, startRuns } from "../run/start.ts"
import type { Attempt } from "../task/attempt.ts"
import type { Settlement } from "../task/verdict.ts"
import { fireTimers } from "../timer/fire.ts"
import { actorOf, waitsOf } from "../wait/given.ts"
import { plannedWith } from "./given.ts"
import { childRunId } from "./id.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const operator = actorOf("operator")

type Written = Omit<Definition, "name">

const part: Written = {
  inputs: { day: { type: "string", required: true } },
  tasks: { one: { uses: "noop" } },
  outputs: { rows: "${{ tasks.one.outputs.rows }}", day: "${{ inputs.day }}" },
}

const load = { uses: "workflow", with: { name: "load", inputs: { day: "${{ inputs.day }}" } } } as const

const start = async (
  own: Written,
  parts: Record<string, Written> = { load: part },
  more: Partial<RunStart> = {},
) => {
  const plan = plannedWith(own, parts)
  const [started] = await startRuns(engine)([given.start(plan, { inputs: { day: "mon" }, ...more })])
  return started?.run_id ?? ""
}

const work = (end: (attempt: Attempt) => Partial<Settlement> = () => ({ outputs: { rows: 3 } })) =>
  given.work(engine, session_id, end)

const fire = () => fireTimers(engine)()

/** Begins, works and tells until nothing moves on any more. */
const settle = async (end?: (attempt: Attempt) => Partial<Settlement>): Promise<readonly string[]> => {
  const order: string[] = []
  for (let round = 0; round < 12; round++) {
    await fire()
    order.push(...(await work(end)))
  }
  return order
}

const childOf = async (run_id: string, task = "load") => {
  const { [task]: found } = await see.tasks(run_id)
  return childRunId(found?.id ?? "")
}

describe("a task that runs another workflow", () => {
  test("waits for its run, takes over what that answers, and both tell of each other", async () => {
    const run_id = await start({
      tasks: {
        before: { uses: "noop" },
        load: { ...load, needs: ["before"] },
        after: { uses: "noop", needs: ["load"] },
      },
      outputs: { rows: "${{ tasks.load.outputs.rows }}" },
    })
    expect(await work()).toEqual(["before"])
    const child_id = await childOf(run_id)
    expect((await see.tasks(run_id)).load).toMatchObject({
      ...{ status: "waiting", attempt: 0, worker_id: null },
      wait: { for: "workflow", workflow: "load", version: 7, run_id: child_id, until: null },
    })
    await fire()
    const child = await see.run(child_id)
    const { load: task } = await see.tasks(run_id)
    expect(child).toMatchObject({
      ...{ workflow: "load", version: 7, status: "running", trigger: "parent", inputs: { day: "mon" } },
      parent: { run_id, task_run_id: task?.id ?? "", task: "load" },
    })
    expect(task?.wait).toEqual({
      for: "workflow",
      workflow: "load",
      version: 7,
      run_id: child_id,
      until: null,
    })
    expect(await settle()).toEqual(["one", "after"])
    expect((await see.tasks(run_id)).load).toMatchObject({
      ...{ status: "completed", error: null, outputs: { rows: 3, day: "mon" } },
    })
    expect(await see.run(run_id)).toMatchObject({ status: "completed", outputs: { rows: 3 }, parent: null })
    expect(await see.events(run_id)).toContain("task.waiting load")
    expect(await see.timers(run_id)).toEqual([])
  })

  test("fails as its run does, and says which that was", async () => {
    const run_id = await start({ tasks: { load } })
    await settle(() => ({ outcome: "failed", non_retryable: true }))
    const child_id = await childOf(run_id)
    expect((await see.tasks(run_id)).load).toMatchObject({
      ...{ status: "failed", reason: "workflow.failed" },
      error: {
        code: "workflow.failed",
        message: `The run ${child_id} of load, version 7, failed: task_failed.`,
      },
    })
    expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "task_failed" })
  })

  test("fails when somebody cancels its run", async () => {
    const run_id = await start({ tasks: { load } })
    await fire()
    await cancelRun(engine)(operator, await childOf(run_id))
    await settle()
    expect((await see.tasks(run_id)).load?.error?.code).toBe("workflow.cancelled")
  })

  test("fails with what doesn't fit where its run can't be given that, and begins none", async () => {
    const run_id = await start({ tasks: { load } }, { load: part }, { inputs: { day: 7 } })
    const { load: task } = await see.tasks(run_id)
    expect(task).toMatchObject({ status: "failed", reason: "wait.invalid" })
    expect(task?.error?.message).toBe(
      "`workflow` can't begin: the inputs don't fit load, version 7: day: must be text.",
    )
    expect(see.run(childRunId(task?.id ?? ""))).rejects.toThrow("no such run")
  })

  test("is done at once if it isn't to wait, and its run goes on by itself", async () => {
    const run_id = await start({ tasks: { load: { ...load, with: { ...load.with, wait: false } } } })
    await fire()
    const child_id = await childOf(run_id)
    expect((await see.tasks(run_id)).load).toMatchObject({
      status: "completed",
      outputs: { run_id: child_id },
    })
    expect((await see.run(run_id)).status).toBe("completed")
    expect((await see.run(child_id)).status).toBe("running")
    expect(await settle()).toEqual(["one"])
    expect((await see.run(child_id)).status).toBe("completed")
  })

  test("runs once for each item", async () => {
    const each = {
      ...load,
      for_each: ["mon", "tue", "wed"],
      with: { name: "load", inputs: { day: "${{ item }}" } },
    }
    const run_id = await start({
      tasks: { load: { ...each, max_parallel: 2 } },
      outputs: { days: "${{ tasks.load.outputs.day }}" },
    })
    await fire()
    const [first, second, third] = ["load[0]", "load[1]", "load[2]"].map((name) => childOf(run_id, name))
    expect((await see.run((await first) ?? "")).inputs).toEqual({ day: "mon" })
    expect((await see.run((await second) ?? "")).inputs).toEqual({ day: "tue" })
    expect(see.run((await third) ?? "")).rejects.toThrow("no such run")
    expect(await settle()).toEqual(["one", "one", "one"])
    expect((await see.run(run_id)).outputs).toEqual({ days: ["mon", "tue", "wed"] })
  })

  test("runs what its workflow runs in turn", async () => {
    const middle: Written = {
      tasks: { inner: { uses: "workflow", with: { name: "load", inputs: { day: "tue" } } } },
      outputs: { rows: "${{ tasks.inner.outputs.rows }}" },
    }
    const run_id = await start(
      {
        tasks: { outer: { uses: "workflow", with: { name: "middle" } } },
        outputs: { rows: "${{ tasks.outer.outputs.rows }}" },
      },
      { middle, load: part },
    )
    expect(await settle()).toEqual(["one"])
    expect((await see.run(run_id)).outputs).toEqual({ rows: 3 })
  })
})

describe("a run that another one is a part of", () => {
  test("is begun once, however often its timer comes", async () => {
    const run_id = await start({ tasks: { load } })
    const { load: task } = await see.tasks(run_id)
    const again = () =>
      engine.database.run(
        (sql) => sql`
          insert into scheduler.timer (due_at, kind, task_run_id, run_id)
          values (now(), 'begin', ${task?.id ?? ""}::text::uuid, ${run_id}::text::uuid)`,
      )
    await again()
    await Promise.all([fire(), fire(), fire()])
    await again()
    await fire()
    const child_id = await childOf(run_id)
    expect((await see.events(child_id)).filter((event) => event === "workflow.started")).toHaveLength(1)
    expect(await settle()).toEqual(["one"])
    expect((await see.run(run_id)).status).toBe("completed")
  })

  test("is told of once: what comes after finds the task ended", async () => {
    const run_id = await start({ tasks: { load, after: { uses: "noop", needs: ["load"] } } })
    await settle()
    const { load: task } = await see.tasks(run_id)
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.timer (due_at, kind, task_run_id, run_id)
        values (now(), 'child', ${task?.id ?? ""}::text::uuid, ${run_id}::text::uuid)`,
    )
    await fire()
    const ends = (await see.events(run_id)).filter((event) => event === "task.completed load")
    expect([ends.length, await see.timers(run_id)]).toEqual([1, []])
  })

  test("is cancelled with the whole, and what it runs too", async () => {
    const middle: Written = {
      tasks: { inner: { uses: "workflow", with: { name: "load", inputs: { day: "tue" } } } },
    }
    const run_id = await start(
      { tasks: { outer: { uses: "workflow", with: { name: "middle" } } } },
      { middle, load: part },
    )
    await fire()
    await fire()
    const middle_id = await childOf(run_id, "outer")
    const inner_id = await childOf(middle_id, "inner")
    expect((await see.run(inner_id)).status).toBe("running")
    expect((await cancelRun(engine)(operator, run_id)).status).toBe("cancelled")
    await fire()
    await fire()
    expect([(await see.run(middle_id)).status, (await see.run(inner_id)).status]).toEqual([
      "cancelled",
      "cancelled",
    ])
  })

  test("never begins where the whole was cancelled before", async () => {
    const run_id = await start({ tasks: { load } })
    const child_id = await childOf(run_id)
    await cancelRun(engine)(operator, run_id)
    await settle()
    expect(see.run(child_id)).rejects.toThrow("no such run")
    expect(await see.timers(run_id)).toEqual([])
  })

  test("is cancelled when its task has waited long enough", async () => {
    const run_id = await start({ tasks: { load: { ...load, timeout: "1h" } } })
    await fire()
    const child_id = await childOf(run_id)
    expect((await see.tasks(run_id)).load?.wait?.until).toEqual(expect.any(String))
    await see.due("wait_timeout")
    await fire()
    expect((await see.tasks(run_id)).load).toMatchObject({
      ...{ status: "failed", reason: "workflow.timeout" },
      error: { message: `The run ${child_id} of load did not end in time, and is cancelled.` },
    })
    expect((await see.run(child_id)).status).toBe("cancelled")
    expect((await see.run(run_id)).status).toBe("failed")
  })

  test("begins when the whole goes on, if that is paused before", async () => {
    const run_id = await start({ tasks: { load, after: { uses: "noop", needs: ["load"] } } })
    await pauseRun(engine)(operator, run_id)
    const child_id = await childOf(run_id)
    await fire()
    expect(see.run(child_id)).rejects.toThrow("no such run")
    await resumeRun(engine)(operator, run_id)
    await fire()
    await pauseRun(engine)(operator, run_id)
    expect(await settle()).toEqual(["one"])
    expect((await see.tasks(run_id)).load?.status).toBe("completed")
    await resumeRun(engine)(operator, run_id)
    expect(await settle()).toEqual(["after"])
    expect((await see.run(run_id)).status).toBe("completed")
  })

  test("waits for the key of its own workflow like any other", async () => {
    const keyed: Written = { ...part, concurrency: { key: "own-${{ inputs.day }}" } }
    const one = await start({ tasks: { load } }, { load: keyed })
    const other = await start({ tasks: { load } }, { load: keyed })
    await fire()
    const [first, second] = [await see.run(await childOf(one)), await see.run(await childOf(other))]
    expect([first.status, second.status].sort()).toEqual(["pending", "running"])
    await settle()
    expect([(await see.run(one)).status, (await see.run(other)).status]).toEqual(["completed", "completed"])
  })

  test("fails its task where it is refused, or would wait for what waits for it", async () => {
    const rejecting: Written = { ...part, concurrency: { key: "busy", on_conflict: "reject" } }
    const one = await start({ tasks: { load } }, { load: rejecting })
    const other = await start({ tasks: { load } }, { load: rejecting })
    await fire()
    const codes = [(await see.tasks(one)).load?.error?.code, (await see.tasks(other)).load?.error?.code]
    expect(codes.sort()).toEqual(["concurrency.full", undefined])
    const own = { concurrency: { key: "mine" } }
    const circle = await start({ tasks: { load }, ...own }, { load: { ...part, ...own } })
    await fire()
    expect((await see.tasks(circle)).load?.error?.message).toContain(
      "needs the key mine, which the run that waits",
    )
    expect((await see.run(circle)).status).toBe("failed")
    await settle()
  })

  test("is made anew by a rerun for what is done anew; what is kept is taken over", async () => {
    const two = { load, check: { uses: "noop", needs: ["load"] } }
    const run_id = await start({ tasks: two, outputs: { rows: "${{ tasks.load.outputs.rows }}" } })
    await settle(({ task }) =>
      task === "check" ? { outcome: "failed", non_retryable: true } : { outputs: { rows: 5 } },
    )
    const failed = await rerunRun(engine)(operator, run_id, { mode: "failed" })
    expect(await settle()).toEqual(["check"])
    expect((await see.run(failed.id)).outputs).toEqual({ rows: 5 })
    const from = await rerunRun(engine)(operator, run_id, { mode: "from", task: "load" })
    expect(await settle()).toEqual(["one", "check"])
    expect(await childOf(from.id)).not.toBe(await childOf(run_id))
    expect((await see.run(from.id)).outputs).toEqual({ rows: 3 })
    expect((await see.run(await childOf(from.id))).parent?.run_id).toBe(from.id)
  })

  test("is kept until its task has taken over what it answers", async () => {
    const old = "00f1fed2-2a18-7000-94fb-242e80500000"
    const run_id = await start({ tasks: { load } }, { load: part }, { run_id: old })
    await fire()
    const child_id = await childOf(run_id)
    await work()
    const clean = cleanEnded(engine, 30)
    await given.readAll(engine)
    await clean()
    expect((await see.run(child_id)).status).toBe("completed")
    await fire()
    expect((await see.run(run_id)).status).toBe("completed")
    await given.readAll(engine)
    await clean()
    expect(see.run(child_id)).rejects.toThrow("no such run")
    const left = await engine.database.run(
      (sql) => sql`select 1 from scheduler.child where run_id = ${child_id}::text::uuid`,
    )
    expect(left).toHaveLength(0)
  })
})
