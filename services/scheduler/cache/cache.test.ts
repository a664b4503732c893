import { afterAll, beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { compile } from "#language/plan.ts"
import type { Definition, Task } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { held, remoteDoor } from "../remote/given.ts"
import { cleanEnded } from "../retention/clean.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { rerunRun } from "../run/rerun.ts"
import { type RunStart, startRuns } from "../run/start.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { actorOf, waitsOf } from "../wait/given.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

type More = {
  readonly inputs?: Record<string, unknown>
  readonly workspace?: string
  readonly bundle?: string
  readonly happened?: RunStart["happened"]
}

let names = 0
/** No test is answered by what another one has left. */
const freshName = () => {
  names += 1
  return `cached-${names}`
}

const start = async (definition: Definition, { inputs = {}, workspace, bundle, happened }: More = {}) => {
  const plan = compile(definition, bundle)
  const own = { ...(workspace && { workspace_id: workspace }), ...(happened && { happened }) }
  const start = given.start(plan, { inputs, ...own })
  const [started] = await startRuns(engine)([{ ...start, workflow: definition.name }])
  if (!started?.run) throw new Error("the run was not started")
  return started.run
}

const begin = async (definition: Definition, more: More = {}) => (await start(definition, more)).id

let made = 0
const work = () =>
  given.work(engine, session_id, () => {
    made += 1
    return { outputs: { made } }
  })

const run = async (definition: Definition, more: More = {}) => {
  const id = await begin(definition, more)
  return { id, worked: await work(), tasks: await see.tasks(id) }
}

const flow = (name: string, task: Partial<Task> = {}): Definition => ({
  name,
  tasks: { one: { uses: "compute", cache: { key: "${{ inputs.day }}" }, ...task } },
})

test("a result with the same key is taken over, without a worker", async () => {
  const name = freshName()
  const first = await run(flow(name), { inputs: { day: "mon" } })
  const again = await run(flow(name), { inputs: { day: "mon" } })
  const other = await run(flow(name), { inputs: { day: "tue" } })
  expect([first.worked, again.worked, other.worked]).toEqual([["one"], [], ["one"]])
  expect(first.tasks.one).toMatchObject({ status: "completed", reason: null, reused_from: null, attempt: 1 })
  expect(again.tasks.one).toMatchObject({
    ...{ status: "completed", reason: "cached", attempt: 0, worker_id: null, error: null },
    outputs: first.tasks.one?.outputs,
    reused_from: first.tasks.one?.id,
  })
  expect(again.tasks.one?.finished_at).toBeString()
  expect((await see.run(again.id)).status).toBe("completed")
  expect(await see.events(again.id)).toEqual(["workflow.started", "task.completed one", "workflow.completed"])
})

test("the answer to a start has what was taken over by then", async () => {
  const name = freshName()
  const first = await run(flow(name), { inputs: { day: "mon" } })
  const { status, tasks } = await start(flow(name), { inputs: { day: "mon" } })
  const { outputs, id: reused_from } = first.tasks.one ?? {}
  expect([status, tasks]).toEqual([
    "completed",
    [expect.objectContaining({ status: "completed", reason: "cached", outputs, reused_from })],
  ])
})

test("a run whose tasks have all taken over answers with what those wrote, at its start", async () => {
  const answering = { ...flow(freshName()), outputs: { made: "${{ tasks.one.outputs.made }}" } }
  const first = await run(answering, { inputs: { day: "mon" } })
  const again = await start(answering, { inputs: { day: "mon" } })
  const outputs = first.tasks.one?.outputs
  expect(again).toMatchObject({ status: "completed", outputs })
  expect(await see.run(again.id)).toMatchObject({ status: "completed", outputs })
})

test("a key may read what began the run", async () => {
  const keyed = flow(freshName(), { cache: { key: "${{ trigger.body.day }}" } })
  const began = (day: string) => ({ happened: { type: "webhook", body: { day } } })
  expect((await run(keyed, began("mon"))).worked).toEqual(["one"])
  expect((await run(keyed, began("mon"))).worked).toEqual([])
  expect((await run(keyed, began("tue"))).worked).toEqual(["one"])
})

test("functions of a workspace's own workers have results, too; another input is another result", async () => {
  const door = remoteDoor(engine)
  const worker = await door.open({ functions: ["greet"] })
  const name = freshName()
  const greeting = (who: string) => flow(name, { uses: "function", with: { name: "greet", input: { who } } })
  const inputs = { day: "mon" }
  await begin(greeting("Ada"), { inputs })
  const [attempt] = await door.claim(worker)
  if (!attempt) throw new Error("nothing was claimed")
  await door.report(worker, [{ ...held(attempt), outcome: "completed", outputs: { said: "hello" } }])
  const again = await begin(greeting("Ada"), { inputs })
  expect((await see.tasks(again)).one).toMatchObject({ reason: "cached", outputs: { said: "hello" } })
  await begin(greeting("Grace"), { inputs })
  expect(await door.claim(worker)).toHaveLength(1)
})

test("what follows reads what was taken over, and a hit begins no new time to live", async () => {
  const name = freshName()
  const chain: Definition = {
    name,
    tasks: {
      one: { uses: "compute", cache: { key: "k", ttl: "1h" } },
      two: { uses: "compute", needs: ["one"], cache: { key: "${{ tasks.one.outputs.made }}" } },
      three: { uses: "noop", needs: ["two"] },
    },
  }
  const first = await run(chain)
  const again = await run(chain)
  expect([first.worked, again.worked]).toEqual([["one", "two", "three"], ["three"]])
  expect(again.tasks.two?.reused_from).toBe(first.tasks.two?.id ?? "")
  await engine.database.run(
    (sql) => sql`
      update scheduler.task_run set finished_at = now() - interval '61 minutes'
      where id = ${first.tasks.one?.id ?? ""}::text::uuid`,
  )
  expect((await run(chain)).worked).toEqual(["one", "two", "three"])
})

test("another command, file, workflow, name or workspace isn't answered by it", async () => {
  const name = freshName()
  const inputs = { day: "x" }
  await run(flow(name), { inputs, bundle: "1" })
  const shell = { uses: undefined, run: "true" }
  const others: (readonly [Definition, More])[] = [
    [flow(name, { with: { iterations: 2 } }), { inputs }],
    [flow(name, { env: { A: "1" } }), { inputs }],
    [{ ...flow(name), env: { A: "1" } }, { inputs }],
    [flow(freshName()), { inputs }],
    [{ name, tasks: { other: flow(name).tasks.one ?? {} } }, { inputs }],
  ]
  for (const [definition, more] of others) expect((await run(definition, more)).worked).toHaveLength(1)
  expect((await run(flow(name), { inputs })).worked).toEqual([])
  const elsewhere = await begin(flow(name), { inputs, workspace: crypto.randomUUID() })
  expect(await work()).toEqual(["one"])
  expect(elsewhere).toBeString()
  const { uses: _, ...only } = { ...flow(name).tasks.one, ...shell }
  const scripted: Definition = { name, tasks: { one: only } }
  expect((await run(scripted, { inputs, bundle: "1" })).worked).toEqual(["one"])
  expect((await run(scripted, { inputs, bundle: "2" })).worked).toEqual(["one"])
  expect((await run(scripted, { inputs, bundle: "1" })).worked).toEqual([])
})

test("failures are not kept, and two at once both run", async () => {
  const name = freshName()
  const inputs = { day: "x" }
  await begin(flow(name), { inputs })
  await given.work(engine, session_id, () => ({ outcome: "failed", non_retryable: true }))
  await begin(flow(name), { inputs })
  await begin(flow(name), { inputs })
  expect(await work()).toEqual(["one", "one"])
  expect((await run(flow(name), { inputs })).worked).toEqual([])
})

test("a rerun does the work again, and what it makes is taken over from then on", async () => {
  const name = freshName()
  const first = await run(flow(name), { inputs: { day: "x" } })
  const again = await rerunRun(engine)(actorOf("operator"), first.id, { mode: "all" })
  expect(await work()).toEqual(["one"])
  const third = await run(flow(name), { inputs: { day: "x" } })
  expect(third.tasks.one?.reused_from).toBe((await see.tasks(again.id)).one?.id ?? "")
})

test("a key that can't be told fails its task with the reason; a condition that doesn't hold comes before it", async () => {
  const bad = flow(freshName(), { cache: { key: "${{ inputs.none }}" } })
  const { tasks, worked } = await run(bad)
  expect(worked).toEqual([])
  expect(tasks.one).toMatchObject({ status: "failed", reason: "cache.invalid" })
  expect(tasks.one?.error?.message).toStartWith("`cache.key` can't be told: ")
  const skipped = await run(flow(freshName(), { cache: { key: "${{ inputs.none }}" }, if: "false" }))
  expect(skipped.tasks.one).toMatchObject({ status: "skipped", reason: "condition" })
})

test("items have results of their own, by their values", async () => {
  const name = freshName()
  const each = (items: unknown[]): Definition => ({
    name,
    tasks: {
      one: { uses: "compute", for_each: items as string[], max_parallel: 1, cache: { key: "k" } },
      two: { uses: "noop", needs: ["one"] },
    },
  })
  const first = await run(each(["a", "b"]))
  const again = await run(each(["b", "c", "a"]))
  expect([first.worked, again.worked]).toEqual([
    ["one[0]", "one[1]", "two"],
    ["one[1]", "two"],
  ])
  const [a, b] = [first.tasks["one[0]"], first.tasks["one[1]"]]
  expect(again.tasks["one[0]"]).toMatchObject({ reason: "cached", reused_from: b?.id, outputs: b?.outputs })
  expect(again.tasks["one[2]"]).toMatchObject({ reason: "cached", reused_from: a?.id })
  const fresh = again.tasks["one[1]"]?.outputs?.made
  expect(again.tasks.one?.outputs).toEqual({ made: [b?.outputs?.made, fresh, a?.outputs?.made] })
  const all = await run(each(["a", "b", "c"]))
  expect([all.worked, all.tasks.one?.status]).toEqual([["two"], "completed"])
})

test("what becomes ready in a paused run is looked up when that is resumed", async () => {
  const name = freshName()
  const later: Definition = {
    name,
    tasks: { first: { uses: "noop" }, one: { uses: "compute", needs: ["first"], cache: { key: "k" } } },
  }
  await run(later)
  const id = await begin(later)
  const operator = actorOf("operator")
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  if (!attempt) throw new Error("nothing was claimed")
  await pauseRun(engine)(operator, id)
  const settlement = { task_run_id: attempt.id, token: attempt.token, outcome: "completed" as const }
  await reportTasks(engine)({ session_id, settlements: [settlement], room: given.room(1) })
  expect((await see.tasks(id)).one).toMatchObject({ status: "pending" })
  await resumeRun(engine)(operator, id)
  expect((await see.tasks(id)).one).toMatchObject({ status: "completed", reason: "cached" })
})

const keysOf = (task_run_id: string | undefined) =>
  engine.database.run(
    (sql) => sql`
      select from scheduler.cache_key where task_run_id = ${task_run_id ?? ""}::text::uuid
        and workspace_id = ${workspace_id}::text::uuid`,
  )

test("keys go when nobody may take over their results any more, and with their runs", async () => {
  const name = freshName()
  const [old, fresh] = [
    await run(flow(name), { inputs: { day: 1 } }),
    await run(flow(name), { inputs: { day: 2 } }),
  ]
  const age = (id: string | undefined, days: number) =>
    engine.database.run(async (sql) => {
      await sql`
        update scheduler.task_run set finished_at = now() - ${days}::float8 * interval '1 day'
        where id = ${id ?? ""}::text::uuid`
      await sql`
        update scheduler.cache_key set keep_until = now() - interval '1 second'
        where task_run_id = ${id ?? ""}::text::uuid`
    })
  await age(old.tasks.one?.id, 8)
  await age(fresh.tasks.one?.id, 6)
  await given.readAll(engine)
  await cleanEnded(engine, 30)()
  expect([await keysOf(old.tasks.one?.id), await keysOf(fresh.tasks.one?.id)]).toEqual([[], [{}]])
  // What somebody holds just then is left to the next round.
  await until("the key goes with its run", async () => {
    await cleanEnded(engine, -1)()
    return (await keysOf(fresh.tasks.one?.id)).length === 0
  })
  expect((await run(flow(name), { inputs: { day: 2 } })).worked).toEqual(["one"])
})

test("a run without a cache writes no keys", async () => {
  const { tasks } = await run({ name: freshName(), tasks: { one: { uses: "noop" } } })
  expect(await keysOf(tasks.one?.id)).toEqual([])
})
