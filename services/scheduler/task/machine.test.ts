import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { runMoves } from "../run/moves.ts"
import { readRun, readTaskRuns } from "../run/read.ts"
import { fireTimers } from "../timer/fire.ts"
import { claimTasks } from "./claim.ts"
import { taskMoves } from "./moves.ts"
import { reportTasks } from "./report.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const outcomes = ["completed", "failed", "released", "lost"] as const

type Case = { readonly status: string; readonly cancel: boolean; readonly token: "own" | "other" }

/** A run of two tasks, the first of which is put into a state, whatever led there. */
const prepare = async ({ status, cancel, token }: Case) => {
  const run_id = await given.run(engine, {
    first: { uses: "noop" },
    second: { uses: "noop", needs: ["first"] },
  })
  const id = taskRunId(run_id, 0)
  await engine.database.run(
    (sql) => sql`
      update scheduler.task_run set status = ${status}, token = 7, attempt = 1, cancel = ${cancel}::boolean
      where id = ${id}::text::uuid`,
  )
  await engine.database.run((sql) => sql`delete from scheduler.ready`)
  await engine.database.run((sql) => sql`update scheduler.run set revision = revision + 1`)
  return { run_id, id, token: token === "own" ? "7" : "8" }
}

const statusOf = async (run_id: string): Promise<string | undefined> => {
  const [first] = await engine.database.run((sql) => readTaskRuns(sql, run_id))
  return first?.status
}

const reachable = (status: keyof typeof taskMoves.table): readonly string[] =>
  Object.values(taskMoves.table[status])

describe.each(taskMoves.states.map((status) => [status] as const))("a task that is %s", (status) => {
  test.each(outcomes)("and is reported as %s moves as the machine allows, or not at all", async (outcome) => {
    const session_id = await given.session(engine)
    for (const cancel of [false, true]) {
      for (const token of ["own", "other"] as const) {
        const { run_id, id, token: told } = await prepare({ status, cancel, token })
        const settlements = [{ task_run_id: id, token: told, outcome }]
        const { verdicts } = await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
        const counts = status === "running" && token === "own"
        expect(verdicts.map(({ verdict }) => verdict === "accepted")).toEqual([counts])
        const after = await statusOf(run_id)
        expect(counts ? reachable(status) : [status]).toContain(after ?? "")
      }
    }
  })

  test("is claimed or released by a timer only as the machine allows", async () => {
    const { run_id, id } = await prepare({ status, cancel: false, token: "own" })
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.timer (due_at, kind, task_run_id, run_id)
        values (now(), 'retry', ${id}::text::uuid, ${run_id}::text::uuid)`,
    )
    await fireTimers(engine)()
    expect([
      status,
      ...(taskMoves.after(status, "release" as never) === "queued" ? ["queued"] : []),
    ]).toContain((await statusOf(run_id)) ?? "")
    await engine.database.run((sql) => sql`delete from scheduler.ready`)
    const before = await statusOf(run_id)
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
        values (${id}::text::uuid, ${run_id}::text::uuid, ${workspace_id}::text::uuid, 'default', 'inline', 0)`,
    )
    const session_id = await given.session(engine)
    const claimed = await claimTasks(engine)({ session_id, room: given.room(10) })
    expect(claimed.map((attempt) => attempt.id)).toEqual(before === "queued" ? [id] : [])
    expect(await statusOf(run_id)).toBe(before === "queued" ? "running" : before)
  })
})

/** A pending run has no attempts that could be reported. */
const begun = runMoves.states.filter((status) => status !== "pending")

describe.each(begun.map((status) => [status] as const))("a run that is %s", (status) => {
  test("ends with its last task, unless it has ended already", async () => {
    const run_id = await given.run(engine, { only: { uses: "noop" } })
    const session_id = await given.session(engine)
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    await engine.database.run(
      (sql) => sql`
        update scheduler.run set status = ${status}, revision = revision + 1 where id = ${run_id}::text::uuid`,
    )
    const settlements = [
      { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "completed" as const },
    ]
    await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    const run = await engine.database.run((sql) => readRun(sql, workspace_id, run_id))
    const after = runMoves.after(status, "complete" as never)
    expect(run?.status).toBe(after ?? status)
  })
})
