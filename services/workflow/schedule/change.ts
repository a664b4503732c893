import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { scheduleDeed } from "./deed.ts"
import { readSchedules, scheduleOf } from "./read.ts"
import { noSchedule, type Schedule } from "./shape.ts"

/** Whatever is due while it is paused is left out for good; what runs goes on. */
export const pauseSchedule = (database: Database) => turnSchedule(database, "pause")

export const resumeSchedule = (database: Database) => turnSchedule(database, "resume")

const turnSchedule =
  (database: Database, turn: "pause" | "resume") =>
  async (actor: Caller, name: string): Promise<Schedule> => {
    allow(actor, "schedule.operate")
    const { workspace_id } = actor
    return database.tx(async (sql) => {
      const changed = await setPaused(sql, { workspace_id, name, paused: turn === "pause" })
      const [row] = await readSchedules(sql, { workspace_id, name, workflow: null, after: null, limit: 1 })
      if (!row) throw noSchedule(name)
      await record(sql, actor, changed ? [scheduleDeed(`${turn}d`, row)] : [])
      return scheduleOf(row)
    })
  }

type Paused = { readonly workspace_id: string; readonly name: string; readonly paused: boolean }

/** Answers whether it wasn't so already. */
const setPaused = async (sql: Sql, { workspace_id, name, paused }: Paused): Promise<boolean> => {
  const rows = await sql`
    update workflow.schedule
    set paused_at = case when ${paused}::boolean then clock_timestamp() end, updated_at = now()
    where workspace_id = ${workspace_id}::text::uuid and name = ${name}
      and (paused_at is not null) <> ${paused}::boolean
    returning id`
  return rows.length > 0
}

/** Its history goes with it; its runs stay. */
export const deleteSchedule =
  (database: Database) =>
  async (actor: Caller, name: string): Promise<void> => {
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
      await record(sql, actor, [scheduleDeed("deleted", { id: row.id, name })])
    })
  }
