import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id } from "../job/given.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { startRuns } from "../run/start.ts"
import { fireTimers } from "../timer/fire.ts"
import { answerApproval } from "./answer.ts"
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

const [ada, bob, eve] = [actorOf("admin", "ada"), actorOf("admin", "bob"), actorOf("viewer", "eve")]

const approval = (given_with: Record<string, unknown> = {}) => ({
  ask: { uses: "approval", with: { roles: ["admin"], ...given_with } },
  after: { uses: "noop", needs: ["ask"] },
})

const run = (given_with?: Record<string, unknown>) =>
  given.run(engine, approval(given_with) as Definition["tasks"])

const say = (actor: Actor, run_id: string, { approved = true, comment = "" } = {}) =>
  answerApproval(engine)(actor, { run_id, task: "ask", approved, comment })

const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => "accepted",
    (error: { code?: string }) => error.code,
  )

test("an approval waits for somebody, and who decided is in its outputs", async () => {
  const run_id = await run({ message: "Ship it?" })
  expect((await see.tasks(run_id)).ask).toMatchObject({
    status: "waiting",
    wait: { for: "approval", roles: ["admin"], people: [], approvals: 1, message: "Ship it?", until: null },
  })
  expect(await given.work(engine, session_id)).toEqual([])
  expect(await say(ada, run_id, { comment: "fine" })).toMatchObject({ status: "completed" })
  expect((await see.tasks(run_id)).ask?.outputs).toEqual({
    approved: true,
    decisions: [{ by: "ada@example.test", at: expect.any(String), approved: true, comment: "fine" }],
  })
  expect(await given.work(engine, session_id)).toEqual(["after"])
  expect((await see.run(run_id)).status).toBe("completed")
})

test("one who rejects is enough, and says why", async () => {
  const run_id = await run({ approvals: 2 })
  await say(ada, run_id)
  expect(await say(bob, run_id, { approved: false, comment: "not on a Friday" })).toMatchObject({
    status: "failed",
    reason: "approval.rejected",
    error: {
      code: "approval.rejected",
      message: "It was rejected: by bob@example.test, who says: not on a Friday.",
    },
    outputs: { approved: false, decisions: [{ approved: true }, { approved: false }] },
  })
  expect((await see.tasks(run_id)).after?.status).toBe("skipped")
  expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "task_failed" })
})

describe("of several who must agree", () => {
  test("each person counts once, however often they say it", async () => {
    const run_id = await run({ approvals: 2 })
    await say(ada, run_id, { comment: "first" })
    await say(ada, run_id, { comment: "again" })
    expect((await see.tasks(run_id)).ask).toMatchObject({
      status: "waiting",
      wait: { decisions: [{ by: "ada@example.test", comment: "first" }] },
    })
    await say(bob, run_id)
    expect((await see.tasks(run_id)).ask?.status).toBe("completed")
  })

  test("who agreed may think again while others have not decided", async () => {
    const run_id = await run({ approvals: 2 })
    await say(ada, run_id)
    expect((await say(ada, run_id, { approved: false })).status).toBe("failed")
  })

  test("all may speak at once: the run goes on once", async () => {
    const run_id = await run({ approvals: 3 })
    const people = ["a", "b", "c", "d", "e"].map((name) => actorOf("admin", name))
    await Promise.all(people.map((actor) => codeOf(say(actor, run_id))))
    expect((await see.events(run_id)).filter((event) => event === "task.completed ask")).toHaveLength(1)
    expect((await see.tasks(run_id)).ask?.outputs?.decisions).toHaveLength(3)
  })
})

test("the same said again after the decision changes nothing, the contrary is refused", async () => {
  const run_id = await run()
  await say(ada, run_id)
  expect((await say(ada, run_id)).status).toBe("completed")
  expect(await codeOf(say(ada, run_id, { approved: false }))).toBe("approval.decided")
  expect(await codeOf(say(bob, run_id))).toBe("approval.decided")
})

describe("who may decide", () => {
  test("is who has one of the roles, and nobody else", async () => {
    const run_id = await run()
    for (const role of ["viewer", "operator", "developer"] as const) {
      expect(await codeOf(say(actorOf(role), run_id))).toBe("approval.not_yours")
    }
    expect(await codeOf(say({ ...ada, workspace_id: other_workspace_id }, run_id))).toBe("run.not_found")
    expect((await see.tasks(run_id)).ask?.status).toBe("waiting")
  })

  test("is who is named, whatever their role, also by an expression", async () => {
    const tasks = {
      ask: { uses: "approval", with: { people: ["${{ inputs.who }}"], message: "For ${{ inputs.who }}" } },
    } satisfies Definition["tasks"]
    const start = given.start(given.plan(tasks), { inputs: { who: "Eve@Example.test" } })
    await startRuns(engine)([start])
    expect((await see.tasks(start.run_id)).ask?.wait).toMatchObject({
      people: ["eve@example.test"],
      message: "For Eve@Example.test",
    })
    expect(await codeOf(say(ada, start.run_id))).toBe("approval.not_yours")
    expect((await say(eve, start.run_id)).status).toBe("completed")
  })

  test("must be somebody: too few people fail the task with the reason", async () => {
    const tasks = { ask: { uses: "approval", with: { people: ["${{ inputs.who }}"] } } }
    const start = given.start(given.plan(tasks), { inputs: { who: "" } })
    await startRuns(engine)([start])
    expect((await see.tasks(start.run_id)).ask).toMatchObject({
      status: "failed",
      error: { code: "wait.invalid", message: expect.stringContaining("fewer than the 1 who must agree") },
    })
  })
})

describe("in time", () => {
  test.each([
    ["reject", "failed"],
    ["approve", "completed"],
  ] as const)("nobody decided, and on_timeout is %s: the task has %s", async (on_timeout, status) => {
    const run_id = await run({ timeout: "24h", on_timeout })
    await see.due("wait_timeout")
    const { ask } = await see.tasks(run_id)
    expect(ask).toMatchObject({ status, outputs: { approved: on_timeout === "approve", decisions: [] } })
    if (status === "failed") {
      expect(ask?.error).toEqual({
        code: "approval.rejected",
        message: "It was rejected: nobody had decided in time.",
      })
    }
  })

  test("those who decide are reminded, once", async () => {
    const run_id = await run({ timeout: "24h", remind_before: "1h" })
    const [remind, timeout] = await see.timers(run_id)
    expect([remind?.kind, timeout?.kind]).toEqual(["remind", "wait_timeout"])
    expect((timeout?.due_ms ?? 0) - (remind?.due_ms ?? 0)).toBeCloseTo(3_600_000, -3)
    await see.due("remind")
    await fireTimers(engine)()
    expect((await see.events(run_id)).filter((event) => event === "task.reminded ask")).toHaveLength(1)
    expect((await see.tasks(run_id)).ask?.status).toBe("waiting")
    await say(ada, run_id)
  })

  test("and in a paused run: a decision counts, and time that runs out waits for the resume", async () => {
    await given.work(engine, session_id)
    const [one, other] = [await run({ timeout: "1h" }), await run({ timeout: "1h" })]
    for (const run_id of [one, other]) await pauseRun(engine)(ada, run_id)
    await see.due("wait_timeout")
    await say(ada, one)
    expect((await see.tasks(one)).after?.status).toBe("queued")
    expect(await given.work(engine, session_id)).toEqual([])
    expect((await see.tasks(other)).ask?.status).toBe("waiting")
    for (const run_id of [one, other]) await resumeRun(engine)(ada, run_id)
    await fireTimers(engine)()
    expect(await given.work(engine, session_id)).toEqual(["after"])
    expect((await see.tasks(other)).ask?.status).toBe("failed")
  })
})

test("by HTTP it is said what is wrong: no such task, no approval, not waiting yet", async () => {
  const run_id = await given.run(engine, {
    first: { uses: "noop" },
    ask: { uses: "approval", needs: ["first"], with: { roles: ["admin"] } },
  })
  const ask = (task: string, body: unknown = {}) =>
    door.ask("POST", `/runs/${run_id}/tasks/${task}/approve`, { role: "admin", body })
  expect(await ask("asks")).toMatchObject({ status: 404, body: { detail: expect.stringContaining("`ask`") } })
  expect(await ask("first")).toMatchObject({ status: 404, body: { code: "task.not_found" } })
  expect(await ask("ask")).toMatchObject({ status: 409, body: { code: "task.not_waiting" } })
  expect(await ask("ask", { comment: 7 })).toMatchObject({ status: 422 })
  await given.work(engine, session_id)
  expect(await ask("ask", { comment: "yes" })).toMatchObject({ status: 200, body: { status: "completed" } })
})
