import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { compile } from "#language/plan.ts"
import { runId, taskRunId } from "#language/run-id.ts"
import type { Definition } from "#language/schema.ts"
import { anybody } from "#services/scheduler/lane/taker.ts"
import { turnIn } from "#services/scheduler/run/pause.ts"
import { perform } from "#services/scheduler/step/perform.ts"
import type { Rows, Share } from "#services/scheduler/step/rows.ts"
import { claimTasks } from "#services/scheduler/task/claim.ts"
import { reportTasks } from "#services/scheduler/task/report.ts"
import { deliverIn } from "#services/scheduler/wait/deliver.ts"
import { createChance } from "../sim/chance.ts"
import { randomJob, workspaces } from "../sim/workload.ts"
import { type Adapter, type Ground, idOf, jobIdOf } from "./ground.ts"

const [workspace_id = "", other_workspace = ""] = workspaces
const session_id = idOf(0xf0001)
const nobody = idOf(0xfffff)
const room = { process: 9, inline: 9, remote: 0 }
const noop = (more: object = {}) => ({ uses: "noop" as const, ...more })

/** What every adapter of the port of the engine's rows does, as `step/rows.ts` says it. */
export const rowsSuite = (name: string, openAdapter: () => Promise<Adapter>): void => {
  let adapter: Adapter
  let ground: Ground

  beforeAll(async () => {
    adapter = await openAdapter()
  })
  afterAll(() => adapter.close())
  beforeEach(async () => {
    ground = await adapter.open()
    await ground.openSession(session_id, anybody)
  })

  /** In a transaction of its own, which writes nothing. */
  const ask = <Answer>(work: (rows: Rows) => Promise<Answer>): Promise<Answer> =>
    ground.engine.transact(({ rows }) => work(rows))

  /** A token is told with what is asked next. */
  const hold = (held: Parameters<Rows["hold"]>[0]) =>
    ask(async (rows) => {
      const token = rows.hold(held)
      token.catch(() => undefined)
      await rows.ends([])
      return token
    })

  /** What is done beside a transaction that has something in its hands. */
  const beside = async <Answer>(holding: (rows: Rows) => Promise<unknown>, work: () => Promise<Answer>) => {
    const [held, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = ask(async (rows) => {
      const own = await holding(rows)
      held.resolve()
      await letGo.promise
      return own
    })
    await Promise.race([held.promise, first])
    const answer = await work()
    letGo.resolve()
    await first
    return answer
  }

  const start = async (number: number, tasks: Definition["tasks"], more: object = {}): Promise<string> => {
    const run_id = runId(idOf(number))
    await ground.startRun({
      ...{ run_id, workspace_id, workflow: "suite", version: 3, plan: compile({ name: "suite", tasks }) },
      ...{ inputs: { word: "ä" }, trigger: "manual", idempotency_key: undefined, body_hash: "" },
      ...{ traceparent: null, rerun: null, ...more },
    })
    return run_id
  }

  const job = async (number: number, more: object = {}, delay_ms = 0): Promise<string> => {
    const { task } = randomJob(createChance(1), idOf(number))
    const plain = { type: "noop", task: "noop", slot: "inline" as const, queue: "default", priority: 0 }
    await ground.createJob({ task: { ...task, ...plain, workspace_id, ...more }, delay_ms })
    return jobIdOf(number)
  }

  const share = (more: Partial<Share> = {}): Share => ({
    ...{ queue: "default", workspace_id, slot: "inline", max_tasks: 10, limited: false },
    ...more,
  })

  const take = (shares: readonly Share[] = [share()], token = "900") =>
    ask((rows) => rows.take(shares, { session_id, token }))

  const claim = () => {
    ground.engine.lanes.note([share(), share({ workspace_id: other_workspace })])
    return claimTasks(ground.engine)({ session_id, room })
  }

  /** Works off all that is there. */
  const work = async (outputs: Readonly<Record<string, unknown>> = {}) => {
    for (let attempts = await claim(); attempts.length > 0; attempts = await claim()) {
      const settlements = attempts.map(({ id, token }) => ({
        ...{ task_run_id: id, token, outcome: "completed" as const, outputs },
      }))
      const none = { process: 0, inline: 0, remote: 0 }
      await reportTasks(ground.engine)({ session_id, settlements, room: none })
    }
  }

  const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

  const kept = async (kind: string) => (await ground.kept())[kind] ?? []

  describe(`${name}: runs and tasks`, () => {
    test("runs come in the order of their ids, each once, without those that aren't there", async () => {
      const ids = [await start(2, { a: noop() }), await start(1, { a: noop() })]
      const found = await ask((rows) => rows.runs([...ids, nobody, ...ids]))
      expect(idsOf(found)).toEqual(ids.toSorted())
      expect(found[0]).toMatchObject({
        ...{ workspace_id, workflow: "suite", version: 3, inputs: { word: "ä" }, trigger: "manual" },
        ...{ status: "running", reason: null, revision: 0, open: 1, bad: 0, gate_key: null },
      })
      expect(found[0]?.started_at).toBe("2025-08-24T01:46:40.000Z")
      expect(await ask((rows) => rows.runs([]))).toEqual([])
    })

    test("who asks for a run waits until whoever has it is done, and sees what became of it", async () => {
      const run_id = await start(1, { a: noop() })
      const [holding, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const first = perform(ground.engine, async (step) => {
        await turnIn(ground.engine, step, { workspace_id, run_id, turn: "pause" })
        holding.resolve()
        await letGo.promise
      })
      await holding.promise
      // Without waiting this one would be done first, and see the run as it was.
      const second = ask((rows) => rows.runs([run_id]))
      letGo.resolve()
      await first
      expect((await second)[0]).toMatchObject({ status: "paused", revision: 1 })
    })

    test("runs are held as they were seen, or the work is done anew, and not for ever", async () => {
      const run_id = await start(1, { a: noop() })
      const held = { session_id, runs: [{ id: run_id, revision: 0 }] }
      const [one, other] = [await hold(held), await hold(held)]
      expect(Number(other)).toBeGreaterThan(Number(one))
      expect(Number(await hold({ session_id, runs: [] }))).toBeGreaterThan(Number(other))
      const refused = [
        { session_id, runs: [{ id: run_id, revision: 1 }] },
        { session_id, runs: [{ id: nobody, revision: 0 }] },
        { session_id: nobody, runs: [] },
      ]
      for (const wanted of refused) {
        let tries = 0
        const failing = ask((rows) => {
          tries += 1
          rows.hold(wanted).catch(() => undefined)
          return rows.ends([])
        })
        expect(failing).rejects.toThrow()
        await failing.catch(() => undefined)
        expect(tries).toBe(3)
      }
      await ground.endSession(session_id)
      expect(hold(held)).rejects.toThrow()
    })

    test("tasks are those asked for that are there, or what of a run has not ended, in its order", async () => {
      const run_id = await start(1, { a: noop(), b: noop({ needs: ["a"] }), c: noop({ needs: ["b"] }) })
      const [a, b, c] = [0, 1, 2].map((idx) => taskRunId(run_id, idx))
      const [job_id, later] = [await job(9), await job(8, {}, 5_000)]
      const found = await ask(async (rows) => {
        await rows.runs([run_id])
        return rows.tasks([b ?? "", nobody, later, job_id, jobIdOf(77)])
      })
      expect(idsOf(found).toSorted()).toEqual([b ?? "", job_id, later].toSorted())
      const byId = new Map(found.map((task) => [task.id, task]))
      expect(byId.get(b ?? "")).toMatchObject({
        run_id,
        idx: 1,
        status: "pending",
        needs_left: 1,
        queued_ms: 0,
      })
      expect(byId.get(job_id)).toMatchObject({ run_id: null, status: "queued", queued_ms: 1_756_000_000_000 })
      expect(byId.get(later)).toMatchObject({ status: "pending", queued_ms: 0, token: null })
      const openOf = () =>
        ask(async (rows) => {
          await rows.runs([run_id])
          return idsOf(await rows.tasks({ open_of: run_id }))
        })
      expect(await openOf()).toEqual([a ?? "", b ?? "", c ?? ""])
      await work()
      expect(await openOf()).toEqual([])
      expect(await ask((rows) => rows.tasks([]))).toEqual([])
    })

    test("outputs are those that were written, and of places no more than so many bytes", async () => {
      const run_id = await start(1, { a: noop(), b: noop(), c: noop({ needs: ["a", "b"] }) })
      const outputs = { word: "ä", none: null }
      const bytes = new TextEncoder().encode(JSON.stringify(outputs)).length
      await work(outputs)
      const ids = [0, 1, 2].map((idx) => taskRunId(run_id, idx))
      const found = await ask((rows) => rows.outputs([...ids, nobody]))
      expect(
        found
          .map(({ id, status, outputs: own }) => ({ id, status, own }))
          .toSorted((x, y) => (x.id < y.id ? -1 : 1)),
      ).toEqual(ids.map((id) => ({ id, status: "completed", own: outputs })))
      expect(await ask((rows) => rows.outputs([]))).toEqual([])
      const at = (first: number, count: number, max_bytes: number) =>
        ask(async (rows) => {
          await rows.runs([run_id])
          return rows.outputsAt({ run_id, first, count }, max_bytes)
        })
      expect((await at(0, 2, 2 * bytes))?.map(({ id }) => id)).toEqual(ids.slice(0, 2))
      expect(await at(0, 2, 2 * bytes - 1)).toBeUndefined()
      expect(await at(0, 0, 0)).toEqual([])
      expect(await at(50, 10, 0)).toEqual([])
    })
  })

  describe(`${name}: what is read besides`, () => {
    test("of what isn't there nothing is answered, and no question is too small", async () => {
      const wanted = { workspace_id, hash: "none", ttl_ms: 1_000 }
      const none = await ask(async (rows) => [
        await rows.plans([]),
        await rows.plans(["none"]),
        await rows.waits([]),
        await rows.waits([nobody]),
        await rows.triggers([nobody]),
        await rows.ends([]),
        await rows.ends([nobody]),
        await rows.wholes([nobody]),
        await rows.signals([{ run_id: nobody, name: "s" }]),
        await rows.cached([wanted]),
        await rows.cached([]),
        await rows.limits([{ workspace_id, queue: "none" }]),
        await rows.earlierItems({ id: nobody, task: "a" }),
        (await rows.take([], { session_id, token: "1" })).tasks,
      ])
      expect(none.every((answer) => answer.length === 0)).toBeTrue()
      expect(await ask((rows) => rows.session(nobody))).toBeUndefined()
    })

    test("a session is known until it ends, with a fresh token each time", async () => {
      const own = idOf(0xf0003)
      const taker = { queues: ["a b", "ü"], workspace_id, takes: ["job:x"], labels: { zone: "é" } }
      await ground.openSession(own, taker)
      const tokens = [await ask((rows) => rows.session(own)), await ask((rows) => rows.session(own))]
      expect(tokens[0]).toMatchObject(taker)
      expect(Number(tokens[1]?.token)).toBeGreaterThan(Number(tokens[0]?.token))
      await ground.endSession(own)
      expect(await ask((rows) => rows.session(own))).toBeUndefined()
    })

    test("runs have ended as they have ended, and plans, waits and signals are what was kept", async () => {
      const waiting = await start(1, {
        s: { uses: "signal", with: { name: "go" } },
        t: { uses: "signal", with: { name: "later" }, needs: ["s"] },
      })
      const done = await start(2, { a: noop() })
      await work()
      await perform(ground.engine, (step) =>
        deliverIn(ground.engine, step, { workspace_id, run_id: waiting, name: "later", data: [null, "ä"] }),
      )
      const { plan_id = "" } = (await ask((rows) => rows.runs([waiting])))[0] ?? {}
      const found = await ask(async (rows) => ({
        ends: await rows.ends([waiting, done, nobody]),
        waits: await rows.waits([taskRunId(waiting, 0), taskRunId(done, 0)]),
        signals: await rows.signals([
          { run_id: waiting, name: "later" },
          { run_id: waiting, name: "none" },
          { run_id: done, name: "later" },
        ]),
        plans: await rows.plans([plan_id, "none"]),
      }))
      expect(found.ends).toHaveLength(1)
      expect(found.ends[0]).toMatchObject({
        id: done,
        workflow: "suite",
        version: 3,
        status: "completed",
        reason: null,
      })
      expect(found.waits).toEqual([
        { id: taskRunId(waiting, 0), wait: { for: "signal", name: "go", until: null } },
      ])
      expect(found.signals).toEqual([{ run_id: waiting, name: "later", data: [null, "ä"] }])
      expect(found.plans.map(({ id, plan }) => [id, plan.tasks.length])).toEqual([[plan_id, 2]])
    })

    test("a signal is kept until its task takes it, and gone then", async () => {
      const run_id = await start(1, {
        a: noop(),
        s: { uses: "signal", with: { name: "go" }, needs: ["a"] },
      })
      await perform(ground.engine, (step) =>
        deliverIn(ground.engine, step, { workspace_id, run_id, name: "go", data: { n: 1 } }),
      )
      expect(await kept("signals")).toEqual([{ key: `${run_id} go`, data: { n: 1 } }])
      await work()
      expect(await kept("signals")).toEqual([])
      expect((await ask((rows) => rows.outputs([taskRunId(run_id, 1)])))[0]).toMatchObject({
        ...{ status: "completed", outputs: { n: 1 } },
      })
    })

    test("what was completed under a key is found while it is young enough, the latest first", async () => {
      const cached = { a: noop({ cache: { key: "k", ttl: "10s" } }) }
      await start(1, cached)
      await work({ n: 1 })
      const [key] = (await kept("cache_keys")) as readonly { key: string }[]
      const look = (ttl_ms: number) =>
        ask((rows) => rows.cached([{ workspace_id, hash: key?.key ?? "", ttl_ms }]))
      expect((await look(10_000))[0]).toMatchObject({ id: taskRunId(runId(idOf(1)), 0), outputs: { n: 1 } })
      await ground.skip(10_000)
      expect(await look(10_000)).toEqual([])
      expect(await look(10_001)).toHaveLength(1)
      await start(2, cached)
      await work({ n: 2 })
      expect((await look(60_000))[0]?.outputs).toEqual({ n: 2 })
      expect(
        await ask((rows) =>
          rows.cached([{ workspace_id: other_workspace, hash: key?.key ?? "", ttl_ms: 60_000 }]),
        ),
      ).toEqual([])
    })

    test("a queue that was set allows what is left, to one at a time; a paused one nothing", async () => {
      const set = { workspace_id, name: "default", paused: false }
      const limits = () => ask((rows) => rows.limits([{ workspace_id, queue: "default" }]))
      await ground.setQueue({ ...set, concurrency: 3 })
      await job(1)
      ground.engine.queues.replace([{ ...set, concurrency: 3, rate_limit: null }])
      await claim()
      expect(await limits()).toEqual([{ workspace_id, queue: "default", allowed: 2, wait_ms: 0 }])
      const queues = [{ workspace_id, queue: "default" }]
      expect(await beside((rows) => rows.limits(queues), limits)).toEqual([])
      await ground.setQueue({ ...set, concurrency: 0 })
      expect((await limits())[0]?.allowed).toBe(-1)
      await ground.setQueue({ ...set, concurrency: 3, paused: true })
      expect(await limits()).toEqual([])
    })
  })

  describe(`${name}: what is taken`, () => {
    test("goes by priority, age and order, no more than was asked for, and of its lane alone", async () => {
      const [first, second] = [await job(1), await job(2)]
      await ground.skip(1_000)
      const [third, urgent] = [await job(3), await job(4, { priority: 1 })]
      await job(5, { queue: "slow" })
      await job(6, { workspace_id: other_workspace })
      await job(7, { type: "shell", task: "shell", slot: "process" })
      await job(8, {}, 5_000)
      const order: string[][] = []
      for (const max_tasks of [1, 1, 1, 9]) order.push(idsOf((await takeAndKeep(share({ max_tasks }))).tasks))
      expect(order).toEqual([[urgent], [first], [second], [third]])
      expect((await takeAndKeep(share())).tasks).toEqual([])
    })

    /** Takes for good, as a claim does. */
    const takeAndKeep = async (wanted: Share) =>
      (
        await perform(ground.engine, async (step) => {
          const taken = await step.rows.take([wanted], { session_id, token: "900" })
          return taken
        })
      ).answer

    test("is running under the claim's token, once more than before", async () => {
      const job_id = await job(1, { payload: { 'a"b': ["ü", null] } })
      const { tasks, busy } = await take()
      expect(busy).toBe(0)
      expect(tasks[0]).toMatchObject({
        ...{ id: job_id, status: "running", token: "900", attempt: 1 },
        ...{ payload: { 'a"b': ["ü", null] } },
      })
    })

    test("is not of a queue that is paused, or limited unless its limits are kept", async () => {
      await job(1)
      const set = { workspace_id, name: "default", paused: false, concurrency: null }
      await ground.setQueue({ ...set, concurrency: 5 })
      expect((await take()).tasks).toEqual([])
      await ground.setQueue({ ...set, paused: true })
      expect((await take([share({ limited: true })])).tasks).toEqual([])
      await ground.setQueue({ ...set, workspace_id: other_workspace, paused: true })
      await ground.setQueue(set)
      await ground.setQueue({ ...set, concurrency: 5 })
      expect((await take([share({ limited: true })])).tasks).toHaveLength(1)
    })

    test("is nobody else's: what another transaction has in its hands is left to it, without waiting", async () => {
      const ids = [await job(1), await job(2)]
      const one = [share({ max_tasks: 1 })]
      const others = await beside(
        (rows) => rows.take(one, { session_id, token: "900" }),
        () => take(),
      )
      expect(idsOf(others.tasks)).toEqual([ids[1] ?? ""])
      expect((await take()).tasks).toEqual([])
    })

    test("waits where its run is being moved on, and is put aside where that is paused", async () => {
      const run_id = await start(1, { a: noop(), b: noop() })
      expect(
        await beside(
          (rows) => rows.runs([run_id]),
          () => take(),
        ),
      ).toEqual({ tasks: [], busy: 2, revisions: new Map() })
      expect(await kept("ready")).toHaveLength(2)
      await perform(ground.engine, (step) =>
        turnIn(ground.engine, step, { workspace_id, run_id, turn: "pause" }),
      )
      expect(await takeAndKeep(share())).toEqual({ tasks: [], busy: 0, revisions: new Map([[run_id, 1]]) })
      expect(await kept("ready")).toEqual([])
      expect(await kept("blocked")).toEqual(
        [0, 1].map((idx) => ({ task_run_id: taskRunId(run_id, idx), run_id })),
      )
      await ground.resumeRun(workspace_id, run_id)
      const { tasks, revisions } = await take()
      expect([tasks.length, revisions]).toEqual([2, new Map([[run_id, 2]])])
    })

    test("is back, and nothing is told, if the transaction fails", async () => {
      await job(1)
      const before = await ground.kept()
      let told = false
      const failing = ground.engine.transact(async ({ rows, afterCommit }) => {
        await rows.take([share()], { session_id, token: "900" })
        afterCommit(() => {
          told = true
        })
        throw new RangeError("on purpose")
      })
      expect(failing).rejects.toThrow("on purpose")
      await failing.catch(() => undefined)
      expect(told).toBeFalse()
      expect(await ground.kept()).toEqual(before)
      expect((await take()).tasks).toHaveLength(1)
    })
  })
}
