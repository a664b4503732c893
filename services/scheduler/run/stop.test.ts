import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { heartbeat } from "../session/heartbeat.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import type { Settlement } from "../task/verdict.ts"
import { fireTimers } from "../timer/fire.ts"
import { actorOf, waitsOf } from "../wait/given.ts"
import { cancelRun } from "./cancel.ts"
import { pauseRun } from "./pause.ts"
import { startRuns } from "./start.ts"

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
const cancel = (run_id: string) => cancelRun(engine)(operator, run_id)

const noop = (...needs: string[]) => ({ uses: "noop", ...(needs.length > 0 && { needs }) })

const start = async (own: Omit<Definition, "name">) => {
  const [started] = await startRuns(engine)([given.start(compile({ name: "test", ...own }))])
  return started?.run_id ?? ""
}

const work = (end?: (attempt: Attempt) => Partial<Settlement>) => given.work(engine, session_id, end)

/** A claim that finds what was cancelled drops that, and is made anew. */
const claim = async () => {
  for (let tries = 0; tries < 10; tries++) {
    await refreshLanes(engine)()
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    if (attempt) return attempt
  }
  throw new Error("nothing was claimed")
}

const report = ({ id: task_run_id, token }: Attempt, outcome: "completed" | "failed") =>
  reportTasks(engine)({ session_id, settlements: [{ task_run_id, token, outcome }], room: given.room(0) })

const statuses = async (run_id: string) =>
  Object.fromEntries(Object.values(await see.tasks(run_id)).map(({ task, status }) => [task, status]))

const timeOut = async (run_id: string) => {
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.timer (due_at, kind, run_id) values (now(), 'deadline', ${run_id}::text::uuid)`,
  )
  await fireTimers(engine)()
}

const whole = {
  tasks: { one: noop(), two: noop("one"), three: noop("two") },
  on_failure: { alarm: noop() },
  finally: { clean: noop(), tell: noop("clean") },
}

describe("a run that is cancelled", () => {
  test("does what is in finally when all else has ended, and then is cancelled", async () => {
    const run_id = await start(whole)
    const attempt = await claim()
    expect((await cancel(run_id)).status).toBe("running")
    expect(await statuses(run_id)).toMatchObject({
      one: "running",
      two: "cancelled",
      alarm: "cancelled",
      clean: "pending",
    })
    expect(await work()).toEqual([])
    await report(attempt, "failed")
    expect(await work()).toEqual(["clean", "tell"])
    expect(await statuses(run_id)).toEqual({
      ...{ one: "cancelled", two: "cancelled", three: "cancelled" },
      ...{ alarm: "cancelled", clean: "completed", tell: "completed" },
    })
    expect(await see.run(run_id)).toMatchObject({ status: "cancelled", reason: "cancelled" })
    expect((await see.events(run_id)).at(-1)).toBe("workflow.completed")
  })

  test("begins what is in finally at once where nothing runs", async () => {
    const run_id = await start(whole)
    expect((await cancel(run_id)).status).toBe("running")
    expect(await work()).toEqual(["clean", "tell"])
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("is cancelled at once where it has no finally", async () => {
    const run_id = await start({ tasks: whole.tasks, on_failure: whole.on_failure })
    expect((await cancel(run_id)).status).toBe("cancelled")
    expect(await see.timers(run_id)).toEqual([])
  })

  test("lets a finally task that runs already end", async () => {
    const run_id = await start({ ...whole, tasks: { one: noop() } })
    await report(await claim(), "completed")
    const clean = await claim()
    expect(clean.task).toBe("clean")
    await cancel(run_id)
    expect((await see.tasks(run_id)).clean?.status).toBe("running")
    await report(clean, "completed")
    expect(await work()).toEqual(["tell"])
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("ends those, too, when it is cancelled again", async () => {
    const run_id = await start(whole)
    await cancel(run_id)
    const clean = await claim()
    expect((await cancel(run_id)).status).toBe("running")
    expect(await statuses(run_id)).toMatchObject({ clean: "running", tell: "cancelled" })
    const beat = {
      session_id,
      held: [{ task_run_id: clean.id, token: clean.token }],
      last_token: clean.token,
      draining: false,
    }
    expect(await heartbeat(engine)(beat)).toMatchObject([{ task_run_id: clean.id }])
    await report(clean, "failed")
    expect(await see.run(run_id)).toMatchObject({ status: "cancelled" })
  })

  test("goes on to its finally though it is paused", async () => {
    const run_id = await start(whole)
    await pauseRun(engine)(operator, run_id)
    expect((await cancel(run_id)).status).toBe("running")
    expect(await work()).toEqual(["clean", "tell"])
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("takes a finally task out of a pause that began before it did", async () => {
    const run_id = await start({ tasks: { one: noop() }, finally: { clean: noop() } })
    const one = await claim()
    await pauseRun(engine)(operator, run_id)
    await report(one, "completed")
    expect((await see.tasks(run_id)).clean?.status).toBe("queued")
    await cancel(run_id)
    expect(await work()).toEqual(["clean"])
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("does each item of a finally task, and its conditions are told what became of the rest", async () => {
    const run_id = await start({
      tasks: { one: noop() },
      finally: {
        each: { ...noop(), for_each: [1, 2, 3], max_parallel: 1 },
        only: { ...noop(), if: 'tasks.one.status == "cancelled"' },
        never: { ...noop(), if: 'tasks.one.status == "completed"' },
      },
    })
    await cancel(run_id)
    expect([...(await work())].sort()).toEqual(["each[0]", "each[1]", "each[2]", "only"])
    expect(await statuses(run_id)).toMatchObject({ each: "completed", only: "completed", never: "skipped" })
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("has an hour for it", async () => {
    const run_id = await start(whole)
    await cancel(run_id)
    const [timer] = await see.timers(run_id)
    expect(timer?.kind).toBe("linger")
    expect(timer?.due_ms).toBeGreaterThan(3_500_000)
    await engine.database.run(
      (sql) => sql`update scheduler.timer set due_at = now() where run_id = ${run_id}::text::uuid`,
    )
    await fireTimers(engine)()
    expect((await see.run(run_id)).status).toBe("cancelled")
    expect(await statuses(run_id)).toMatchObject({ clean: "cancelled", tell: "cancelled" })
  })
})

describe("a run whose time is up", () => {
  test("handles that like a failure, does what is in finally, and has failed by its time", async () => {
    const run_id = await start(whole)
    await timeOut(run_id)
    expect(await work()).toEqual(["alarm", "clean", "tell"])
    expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "timeout" })
  })

  test("ends at once when somebody cancels it after that", async () => {
    const run_id = await start(whole)
    await timeOut(run_id)
    expect((await cancel(run_id)).status).toBe("failed")
    expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "timeout" })
    expect(await statuses(run_id)).toMatchObject({ alarm: "cancelled", clean: "cancelled" })
  })
})
