import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { held, type RemoteDoor, remoteDoor } from "../remote/given.ts"
import { cancelRun } from "../run/cancel.ts"
import { rerunRun } from "../run/rerun.ts"
import { startRuns } from "../run/start.ts"
import { closeSession } from "../session/close.ts"
import { openSession } from "../session/open.ts"
import { claimTasks } from "../task/claim.ts"
import { fireTimers } from "../timer/fire.ts"
import { actorOf, waitsOf } from "../wait/given.ts"
import { plannedWith } from "./given.ts"
import { childRunId } from "./id.ts"

let engine: Engine & { close(): Promise<void> }
let door: RemoteDoor
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  door = remoteDoor(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

type Written = Omit<Definition, "name">

const runs = (name: string) => ({ uses: "workflow", with: { name } }) as const

/** A run whose task `load` runs a workflow of these tasks, which has begun. */
const begin = async (part: Written, name = "load") => {
  const whole = { tasks: { load: runs(name) }, outputs: { made: "${{ tasks.load.outputs.made }}" } }
  const [started] = await startRuns(engine)([given.start(plannedWith(whole, { [name]: part }))])
  const run_id = started?.run_id ?? ""
  await fireTimers(engine)()
  return { run_id, part_id: await partOf(run_id) }
}

const partOf = async (run_id: string, task = "load") => childRunId((await see.tasks(run_id))[task]?.id ?? "")

const labelled = async (labels: Readonly<Record<string, string>>): Promise<string> => {
  const session_id = engine.kit.id()
  const own = { session_id, name: "test", queues: ["*"], types: [], slots: 10, inline_slots: 10 }
  await openSession(engine)({ ...own, labels })
  return session_id
}

const toldOf = async (run_id: string) =>
  (await given.told(engine))
    .filter(({ data }) => data.run_id === run_id)
    .map(({ topic: type, data }) => ({ type, whole: data.whole_run_id ?? null }))

const wholesTold = async (run_id: string) =>
  (await toldOf(run_id)).filter(({ type }) => type === "workflow.completed").map(({ whole }) => whole)

describe("what a run asks of its workers holds in its parts, too", () => {
  test("labels", async () => {
    const { part_id } = await begin({ tasks: { near: { uses: "noop", labels: { zone: "a" } } } })
    const claim = async (session_id: string) =>
      (await claimTasks(engine)({ session_id, room: given.room(10) })).map(({ task }) => task)
    expect(await claim(await labelled({}))).toEqual([])
    expect(await claim(await labelled({ zone: "a" }))).toEqual(["near"])
    expect((await see.tasks(part_id)).near?.status).toBe("running")
  })

  test("functions of a workspace's own workers, and what those answer", async () => {
    const { run_id } = await begin({
      tasks: { one: { uses: "function", with: { name: "greet", input: "${{ run.workflow }}" } } },
      outputs: { made: "${{ tasks.one.outputs.made }}" },
    })
    const worker = await door.open({ functions: ["greet"] })
    const [attempt] = await door.claim(worker)
    if (!attempt) throw new Error("nothing was claimed")
    expect(attempt).toMatchObject({ workflow: "load", version: 7, name: "greet", input: "load" })
    await door.report(worker, [{ ...held(attempt), outcome: "completed", outputs: { made: 3 } }])
    await fireTimers(engine)()
    expect(await see.run(run_id)).toMatchObject({ status: "completed", outputs: { made: 3 } })
  })

  test("that nothing runs twice", async () => {
    const once = { uses: "noop", on_worker_lost: "fail", retries: { max_retries: 3 } } as const
    const { run_id, part_id } = await begin({ tasks: { once } })
    const session_id = await given.session(engine)
    expect(await claimTasks(engine)({ session_id, room: given.room(1) })).toHaveLength(1)
    await closeSession(engine)(session_id)
    expect((await see.tasks(part_id)).once).toMatchObject({
      status: "failed",
      error: { code: "worker.lost" },
    })
    await fireTimers(engine)()
    expect((await see.tasks(run_id)).load?.error?.code).toBe("workflow.failed")
  })
})

test("a part takes over results of the same workflow, whatever began that", async () => {
  const part: Written = {
    tasks: { one: { uses: "compute", cache: { key: "k" } } },
    outputs: { made: "${{ tasks.one.outputs.made }}" },
  }
  const session_id = await given.session(engine)
  await begin(part, "cached")
  expect(await given.work(engine, session_id, () => ({ outputs: { made: 9 } }))).toEqual(["one"])
  const again = await begin(part, "cached")
  expect(await given.work(engine, session_id)).toEqual([])
  expect((await see.tasks(again.part_id)).one).toMatchObject({ status: "completed", reason: "cached" })
  await fireTimers(engine)()
  expect(await see.run(again.run_id)).toMatchObject({ status: "completed", outputs: { made: 9 } })
  const other = await begin(part, "another")
  expect(await given.work(engine, session_id)).toEqual(["one"])
  expect((await see.tasks(other.part_id)).one?.reason).toBeNull()
})

test("a part of a rerun does its work again, also when another part is in between", async () => {
  const cached: Written = { tasks: { one: { uses: "compute", cache: { key: "again" } } } }
  const plan = plannedWith(
    { tasks: { load: runs("between") } },
    {
      between: { tasks: { inner: runs("redone") } },
      redone: cached,
    },
  )
  const session_id = await given.session(engine)
  const perform = async (run_id: string) => {
    await fireTimers(engine)()
    await fireTimers(engine)()
    const worked = await given.work(engine, session_id)
    await fireTimers(engine)()
    await fireTimers(engine)()
    expect((await see.run(run_id)).status).toBe("completed")
    return worked
  }
  const [first] = await startRuns(engine)([given.start(plan)])
  expect(await perform(first?.run_id ?? "")).toEqual(["one"])
  const rerun = await rerunRun(engine)(actorOf("operator"), first?.run_id ?? "", { mode: "all" })
  expect(await perform(rerun.id)).toEqual(["one"])
  const [other] = await startRuns(engine)([given.start(plan)])
  expect(await perform(other?.run_id ?? "")).toEqual([])
})

test("the end of a part is told with the whole, also when another part is in between", async () => {
  const plan = plannedWith(
    { tasks: { load: runs("middle") } },
    {
      middle: { tasks: { inner: runs("leaf") } },
      leaf: { tasks: { one: { uses: "noop" } } },
    },
  )
  const [started] = await startRuns(engine)([given.start(plan)])
  const run_id = started?.run_id ?? ""
  await fireTimers(engine)()
  await fireTimers(engine)()
  expect(await given.work(engine, await given.session(engine))).toEqual(["one"])
  await fireTimers(engine)()
  await fireTimers(engine)()
  const middle_id = await partOf(run_id)
  const inner_id = await partOf(middle_id, "inner")
  expect((await see.run(run_id)).status).toBe("completed")
  expect([await wholesTold(run_id), await wholesTold(middle_id), await wholesTold(inner_id)]).toEqual([
    [null],
    [run_id],
    [run_id],
  ])
})

test("all that a part tells says what it is a part of, from its begin on; what is none says nothing", async () => {
  const { run_id, part_id } = await begin({
    tasks: {
      join: { uses: "sleep", with: { duration: "0s" } },
      one: { uses: "noop" },
      never: { uses: "noop", needs: ["one"], when: "failure" },
    },
  })
  expect(await given.work(engine, await given.session(engine))).toEqual(["one"])
  await fireTimers(engine)()
  await fireTimers(engine)()
  const told = await toldOf(part_id)
  expect(new Set(told.map(({ type }) => type))).toEqual(
    new Set([
      ...["workflow.started", "task.waiting", "task.started", "task.completed", "task.skipped"],
      "workflow.completed",
    ]),
  )
  expect(new Set(told.map(({ whole }) => whole))).toEqual(new Set([run_id]))
  expect(new Set((await toldOf(run_id)).map(({ whole }) => whole))).toEqual(new Set([null]))
})

test("that a part is to begin, has ended or is to stop is heard of at once by who fires timers", async () => {
  let heard = 0
  const listen = () =>
    void engine.due.next(600_000, over.signal).then(() => {
      if (over.signal.aborted) return
      heard += 1
      listen()
    })
  const over = new AbortController()
  const heardAfter = async (work: () => Promise<unknown>): Promise<boolean> => {
    const before = heard
    await work()
    // What was fired by then has been heard by the next turn.
    await new Promise(setImmediate)
    return heard > before
  }
  listen()
  const plan = plannedWith({ tasks: { load: runs("told") } }, { told: { tasks: { one: { uses: "noop" } } } })
  const session_id = await given.session(engine)
  const run_ids: string[] = []
  const start = async () => {
    const [started] = await startRuns(engine)([given.start(plan)])
    run_ids.push(started?.run_id ?? "")
  }
  expect(await heardAfter(start)).toBe(true)
  await fireTimers(engine)()
  expect(await heardAfter(() => given.work(engine, session_id))).toBe(true)
  await fireTimers(engine)()
  expect((await see.run(run_ids[0] ?? "")).status).toBe("completed")
  await start()
  await fireTimers(engine)()
  expect(await heardAfter(() => cancelRun(engine)(actorOf("operator"), run_ids[1] ?? ""))).toBe(true)
  expect(await heardAfter(() => fireTimers(engine)())).toBe(true)
  over.abort()
})
