import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readSchedules, scheduleOf } from "./read.ts"
import { noSchedule, type Schedule } from "./shape.ts"

/** Whatever is due while it is paused is left out for good; what runs goes on. */
export const pauseSchedule = (database: Database) => turnSchedule(database, "pause")

export const resumeSchedule = (database: Database) => turnSchedule(database, "resume")

const turnSchedule =
  (database: Database, turn: "pause" | "resume") =>
  async (actor: Actor, name: string): Promise<Schedule> => {
    allow(actor, "schedule.operate")
    const { workspace_id } = actor
    return database.tx(async (sql) => {
      await setPaused(sql, { workspace_id, name, paused: turn === "pause" })
      const [row] = await readSchedules(sql, { workspace_id, name, workflow: null, after: null, limit: 1 })
      if (!row) throw noSchedule(name)
      return scheduleOf(row)
    })
  }

type Paused = { readonly workspace_id: string; readonly name: string; readonly paused: boolean }

const setPaused = (sql: Sql, { workspace_id, name, paused }: Paused) =>
  sql`
    update workflow.schedule
    set paused_at = case when ${paused} then coalesce(paused_at, clock_timestamp()) end, updated_at = now()
    where workspace_id = ${workspace_id}::text::uuid and name = ${name}`

/** Its history goes with it; its runs stay. */
export const deleteSchedule =
  (database: Database) =>
  async (actor: Actor, name: string): Promise<void> => {
    allow(actor, "schedule.write")
    const { workspace_id } = actor
    await database.tx(async (sql) => {
      const [row] = await sql<{ id: string; declared: boolean }>`
        select id, declared from workflow.schedule
        where workspace_id = ${workspace_id}::text::uuid and name = ${name}
        for update`
      if (!row) throw noSchedule(name)
      if (row.declared) {
        throw new Problem("schedule.declared", { detail: `${name} is declared by its workflow's file.` })
      }
      await sql`delete from workflow.schedule where id = ${row.id}::text::uuid`
    })
  }
