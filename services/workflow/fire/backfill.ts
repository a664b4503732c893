import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { nextFireMs } from "#language/fires.ts"
import { scheduleDeed } from "../schedule/deed.ts"
import type { ScheduleRow } from "../schedule/read.ts"
import { findSchedule } from "../schedule/show.ts"
import { databaseNow, iso } from "./clock.ts"
import { fireMoves } from "./moves.ts"
import type { Backfill, Backfilled } from "./shape.ts"

const max_fires = 1_000

/** A run for every time of a range that has none: those that were missed, left out or refused, and those long before. */
export const backfillSchedule =
  (database: Database) =>
  async (actor: Caller, name: string, wanted: Backfill): Promise<Backfilled> => {
    allow(actor, "schedule.operate")
    const schedule = await findSchedule(database, actor, name)
    if (schedule.archived)
      throw new Problem("workflow.archived", { detail: `${schedule.workflow} is archived.` })
    const now = await database.run(databaseNow)
    const fires = timesIn(schedule, wanted, now)
    const known = await database.run((sql) => findKept(sql, schedule.id, fires))
    const kept = fires.filter((at) => known.has(at))
    const created = fires.filter((at) => !known.has(at))
    if (wanted.dry_run || created.length === 0) return { created: created.map(iso), kept: kept.map(iso) }
    const made = await database.tx(async (sql) => {
      const times = new Set(await insertBackfill(sql, { id: schedule.id, created, now }))
      const details = { range: `${wanted.from} … ${wanted.to}`, count: times.size }
      await record(sql, actor, times.size > 0 ? [scheduleDeed("backfilled", schedule, details)] : [])
      return times
    })
    return {
      created: created.filter((at) => made.has(at)).map(iso),
      kept: fires.filter((at) => !made.has(at)).map(iso),
    }
  }

const timesIn = (schedule: ScheduleRow, { from, to }: Backfill, now: number): readonly number[] => {
  const [from_ms, to_ms] = [Date.parse(from), Date.parse(to)]
  const refuse = (path: string, message: string): never => {
    throw new Problem("request.invalid", { detail: message, errors: [{ path, message }] })
  }
  if (to_ms > now) refuse("to", "lies in the future; what is still to come is started by itself")
  if (from_ms > to_ms) refuse("from", "comes after `to`")
  const fires: number[] = []
  let at = nextFireMs(schedule, from_ms - 1)
  while (at !== undefined && at <= to_ms) {
    if (fires.length === max_fires) {
      refuse(
        "to",
        `the range has more than ${max_fires} times; fill it in part by part, the first up to ${iso(at - 1)}`,
      )
    }
    fires.push(at)
    at = nextFireMs(schedule, at)
  }
  return fires
}

const findKept = async (sql: Sql, id: string, fires: readonly number[]): Promise<ReadonlySet<number>> => {
  const rows = await sql<{ fire_at: Date }>`
    select fire_at from workflow.fire
    where schedule_id = ${id}::text::uuid and fire_at = any(${list(fires.map(iso))}::text::timestamptz[])
      and status <> all(${list(fireMoves.from("backfill"))}::text::text[])`
  return new Set(rows.map(({ fire_at }) => fire_at.getTime()))
}

type Backfilling = { readonly id: string; readonly created: readonly number[]; readonly now: number }

/** Who was faster keeps what they made. */
const insertBackfill = async (sql: Sql, { id, created, now }: Backfilling): Promise<readonly number[]> => {
  const rows = await sql<{ fire_at: Date }>`
    insert into workflow.fire as known (schedule_id, fire_at, kind, status, look_at)
    select ${id}::text::uuid, fire_at, 'backfill', 'waiting', ${iso(now)}::text::timestamptz
    from unnest(${list(created.map(iso))}::text::timestamptz[]) as given (fire_at)
    on conflict (schedule_id, fire_at) do update
    set kind = 'backfill', status = 'waiting', reason = null, until = null, run_id = null,
      look_at = excluded.look_at, decided_at = now()
    where known.status = any(${list(fireMoves.from("backfill"))}::text::text[])
    returning fire_at`
  return rows.map(({ fire_at }) => fire_at.getTime())
}
