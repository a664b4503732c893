import type { Actor } from "#kernel/auth/actor.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import type { Engine } from "../engine.ts"
import { workspace_id } from "../given.ts"
import { readRun, readTaskRuns } from "../run/read.ts"
import type { TaskRun } from "../run/shape.ts"
import { fireTimers } from "../timer/fire.ts"
import type { TimerKind } from "./waits.ts"

export const actorOf = (role: Role, name: string = role): Actor => ({
  kind: "user",
  user_id: `0198c0de-0000-7000-8000-${Buffer.from(name.padEnd(6, "0").slice(0, 6)).toString("hex")}`,
  email: `${name}@example.test`,
  workspace_id,
  role,
  grant_id: workspace_id,
})

/** What tests of waits look at. */
export const waitsOf = (engine: Engine) => ({
  run: async (run_id: string) => {
    const run = await engine.database.run((sql) => readRun(sql, workspace_id, run_id))
    if (!run) throw new Error("there is no such run")
    return run
  },
  tasks: async (run_id: string): Promise<Record<string, TaskRun>> => {
    const tasks = await engine.database.run((sql) => readTaskRuns(sql, run_id))
    return Object.fromEntries(tasks.map((task) => [task.task, task]))
  },
  events: (run_id: string) =>
    engine.database.run(async (sql) => {
      const rows = await sql<{ events: readonly { type: string; task: string | null }[] }>`
        select events from scheduler.run_event where run_id = ${run_id}::text::uuid order by seq`
      return rows.flatMap(({ events }) => events.map(({ type, task }) => `${type} ${task ?? ""}`.trim()))
    }),
  /** As if the time had come. */
  due: async (kind: TimerKind) => {
    await engine.database.run(
      (sql) => sql`update scheduler.timer set due_at = now() where kind = ${kind} and due_at < 'infinity'`,
    )
    await fireTimers(engine)()
  },
  timers: (run_id: string) =>
    engine.database.run(async (sql) => {
      const rows = await sql<{ kind: string; due_ms: number | null }>`
        select kind, case when due_at < 'infinity' then extract(epoch from due_at - now()) * 1000 end::float8 as due_ms
        from scheduler.timer where run_id = ${run_id}::text::uuid order by kind`
      return rows
    }),
})
