import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { nextFireMs } from "#language/fires.ts"
import { wallMs } from "#language/zone.ts"
import { databaseNow, iso } from "../fire/clock.ts"
import { startAt } from "../fire/due.ts"
import type { NextFire } from "../fire/shape.ts"
import { readSchedules, type ScheduleRow, scheduleOf } from "./read.ts"
import { noSchedule, type Schedule } from "./shape.ts"

/** By name, with what became of the latest time of each. */
export const listSchedules =
  (database: Database) =>
  async (
    actor: Actor,
    wanted: Page & { readonly workflow?: string | undefined },
  ): Promise<PageOf<Schedule>> => {
    allow(actor, "workflow.read")
    const { limit, cursor, workflow } = wanted
    const filter = { workspace_id: actor.workspace_id, name: null, workflow: workflow ?? null }
    const rows = await database.run((sql) =>
      readSchedules(sql, { ...filter, after: cursor ?? null, limit: limit + 1 }),
    )
    return pageOf(rows.map(scheduleOf), limit, ({ name }) => name)
  }

export const findSchedule = async (database: Database, actor: Actor, name: string): Promise<ScheduleRow> => {
  const { workspace_id } = actor
  const filter = { workspace_id, name, workflow: null, after: null, limit: 1 }
  const [row] = await database.run((sql) => readSchedules(sql, filter))
  if (!row) throw noSchedule(name)
  return row
}

export const showSchedule =
  (database: Database) =>
  async (actor: Actor, name: string): Promise<Schedule> => {
    allow(actor, "workflow.read")
    return scheduleOf(await findSchedule(database, actor, name))
  }

/** When it will be due, whether it is paused or not. */
export const listNext =
  (database: Database) =>
  async (actor: Actor, name: string, count: number): Promise<readonly NextFire[]> => {
    allow(actor, "workflow.read")
    const schedule = await findSchedule(database, actor, name)
    const now = await database.run(databaseNow)
    const fires: NextFire[] = []
    let at = schedule.next_at?.getTime() ?? nextFireMs(schedule, now)
    while (at !== undefined && fires.length < count) {
      fires.push(nextFire(schedule, at))
      at = nextFireMs(schedule, at)
    }
    return fires
  }

const nextFire = (schedule: ScheduleRow, at: number): NextFire => ({
  fire_at: iso(at),
  local: iso(wallMs(schedule.timezone, at)).slice(0, 19).replace("T", " "),
  start_at: iso(startAt(schedule.id, schedule, at)),
})
