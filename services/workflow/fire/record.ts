import { list, type Sql } from "#kernel/database/database.ts"
import { nextFireMs } from "#language/fires.ts"
import type { Timetable } from "#language/schedule.ts"
import { type Firing, iso, isoOrNull } from "./clock.ts"
import { type Due, dueFires, type NewFire } from "./due.ts"

const max_schedules = 100
const max_aligned = 500

type DueSchedule = Timetable & {
  readonly id: string
  readonly paused_at: Date | null
  readonly next_at: Date
}

/** Gives every time that is due its row. True when there is more. */
export const recordDue = ({ database, readNow }: Firing): Promise<boolean> =>
  database.tx(async (sql) => {
    const now = await readNow(sql)
    const schedules = await lockDue(sql, now)
    if (schedules.length === 0) return false
    const due = schedules.map((schedule): Recorded => {
      const facts = { timetable: schedule, is_paused: schedule.paused_at !== null, now }
      return {
        id: schedule.id,
        ...dueFires({ ...facts, id: schedule.id, next_at: schedule.next_at.getTime() }),
      }
    })
    await insertFires(sql, due)
    await moveOn(sql, due)
    return schedules.length === max_schedules || due.some(({ next_at }) => next_at !== null && next_at <= now)
  })

/** Another instance that has a schedule in hand records what is due of it. */
const lockDue = (sql: Sql, now: number) =>
  sql<DueSchedule>`
    select id, cron, timezone, catch_up, window_ms, overlap, jitter_ms, inputs, paused_at, next_at
    from workflow.schedule
    where next_at <= ${iso(now)}::text::timestamptz
    order by next_at
    limit ${max_schedules}::int
    for update skip locked`

type Recorded = Due & { readonly id: string }

const insertFires = async (sql: Sql, due: readonly Recorded[]): Promise<void> => {
  const rows = due.flatMap(({ id, fires }) =>
    fires.map((fire): NewFire & { id: string } => ({ id, ...fire })),
  )
  if (rows.length === 0) return
  await sql`
    insert into workflow.fire (schedule_id, fire_at, kind, status, reason, until, look_at)
    select * from unnest(
      ${list(rows.map(({ id }) => id))}::text::uuid[],
      ${list(rows.map(({ fire_at }) => iso(fire_at)))}::text::timestamptz[],
      ${list(rows.map(({ kind }) => kind))}::text::text[],
      ${list(rows.map(({ status }) => status))}::text::text[],
      ${list(rows.map(({ reason }) => reason))}::text::text[],
      ${list(rows.map(({ until }) => isoOrNull(until)))}::text::timestamptz[],
      ${list(rows.map(({ look_at }) => isoOrNull(look_at)))}::text::timestamptz[]
    )
    on conflict (schedule_id, fire_at) do nothing`
}

type Moved = { readonly id: string; readonly next_at: number | null }

const moveOn = (sql: Sql, moved: readonly Moved[]) =>
  sql`
    update workflow.schedule
    set next_at = given.next_at
    from unnest(
      ${list(moved.map(({ id }) => id))}::text::uuid[],
      ${list(moved.map(({ next_at }) => isoOrNull(next_at)))}::text::timestamptz[]
    ) as given (id, next_at)
    where schedule.id = given.id`

type Ahead = Timetable & { readonly id: string; readonly next_at: Date }

/**
 * After the clock went back, what was recorded lies ahead of it: without this nothing would be due until the clock has
 * come there again. A time that has its row already is not started twice.
 */
export const alignSchedules = async ({ database, readNow }: Firing): Promise<void> => {
  let after = "00000000-0000-0000-0000-000000000000"
  for (;;) {
    const seen = await database.tx(async (sql) => {
      const now = await readNow(sql)
      const schedules = await lockAhead(sql, after, now)
      const back = schedules.flatMap(({ id, next_at, ...timetable }) => {
        const next = nextFireMs(timetable, now)
        return next !== undefined && next < next_at.getTime() ? [{ id, next_at: next }] : []
      })
      if (back.length > 0) await moveOn(sql, back)
      return schedules
    })
    const last = seen.at(-1)
    if (!last || seen.length < max_aligned) return
    after = last.id
  }
}

const lockAhead = (sql: Sql, after: string, now: number) =>
  sql<Ahead>`
    select id, cron, timezone, catch_up, window_ms, overlap, jitter_ms, inputs, next_at
    from workflow.schedule
    where id > ${after}::text::uuid and next_at > ${iso(now)}::text::timestamptz
    order by id
    limit ${max_aligned}::int
    for update`
