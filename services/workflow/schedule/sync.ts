import { json, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { nextFireMs } from "#language/cron.ts"
import { type Schedule, type Timetable, timetableOf } from "#language/schedule.ts"
import { databaseNow, isoOrNull } from "../fire/clock.ts"

export type Declaring = {
  readonly workspace_id: string
  readonly workflow_id: string
  readonly workflow: string
  readonly schedules: readonly Schedule[]
  readonly created_by: string
  readonly id: () => string
}

type Known = {
  readonly id: string
  readonly name: string
  readonly cron: string
  readonly timezone: string
  readonly next_at: Date | null
}

/**
 * Makes the schedules of a workflow what its newest version says. One that is still there keeps its name, its history
 * and that somebody has paused it.
 */
export const syncSchedules = async (sql: Sql, declaring: Declaring): Promise<void> => {
  const known = await lockDeclared(sql, declaring.workflow_id)
  if (known.length === 0 && declaring.schedules.length === 0) return
  const now = await databaseNow(sql)
  const { kept, rest } = matched(declaring.schedules.map(timetableOf), known)
  const leaving = [...rest]
  const names = new Set(known.map(({ name }) => name))
  for (const [timetable, same] of kept) {
    const row = same ?? leaving.shift()
    const next_at = same?.next_at?.getTime() ?? nextFireMs(timetable, now)
    if (row) await updateSchedule(sql, { id: row.id, timetable, next_at })
    else await insertDeclared(sql, { declaring, timetable, next_at, names })
  }
  for (const { id } of leaving) await sql`delete from workflow.schedule where id = ${id}::text::uuid`
}

type Matched = {
  readonly kept: ReadonlyMap<Timetable, Known | undefined>
  readonly rest: readonly Known[]
}

/** The same time is the same schedule; what has another time now takes the place of one that is gone. */
const matched = (timetables: readonly Timetable[], known: readonly Known[]): Matched => {
  const open = [...known]
  const kept = new Map<Timetable, Known | undefined>()
  for (const timetable of timetables) {
    const { cron, timezone } = timetable
    const place = open.findIndex((row) => row.cron === cron && row.timezone === timezone)
    kept.set(timetable, place < 0 ? undefined : open.splice(place, 1)[0])
  }
  return { kept, rest: open }
}

const lockDeclared = (sql: Sql, workflow_id: string) =>
  sql<Known>`
    select id, name, cron, timezone, next_at from workflow.schedule
    where workflow_id = ${workflow_id}::text::uuid and declared
    order by name
    for update`

type Update = { readonly id: string; readonly timetable: Timetable; readonly next_at: number | undefined }

const updateSchedule = (sql: Sql, { id, timetable, next_at }: Update) =>
  sql`
    update workflow.schedule
    set cron = ${timetable.cron}, timezone = ${timetable.timezone}, catch_up = ${timetable.catch_up},
      window_ms = ${timetable.window_ms}::float8, overlap = ${timetable.overlap},
      jitter_ms = ${timetable.jitter_ms}::float8, inputs = ${json(timetable.inputs)}::text::json,
      next_at = ${isoOrNull(next_at)}::text::timestamptz, updated_at = now()
    where id = ${id}::text::uuid`

type Insert = {
  readonly declaring: Declaring
  readonly timetable: Timetable
  readonly next_at: number | undefined
  /** Those that are taken. */
  readonly names: Set<string>
}

/** Called as its workflow is; a second one has a number behind it. */
const insertDeclared = async (sql: Sql, { declaring, timetable, next_at, names }: Insert): Promise<void> => {
  const { workflow } = declaring
  let name = workflow
  for (let number = 2; names.has(name); number += 1) name = `${workflow}.${number}`
  names.add(name)
  const made = await insertSchedule(sql, {
    ...{ ...declaring, id: declaring.id(), name, declared: true, timetable },
    next_at,
  })
  if (made) return
  throw new Problem("schedule.exists", {
    detail: `A schedule ${name} was made by the API already; delete it with \`wf schedules delete ${name}\`, then push again.`,
  })
}

export type NewSchedule = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow_id: string
  readonly name: string
  readonly declared: boolean
  readonly timetable: Timetable
  readonly next_at: number | undefined
  readonly created_by: string
}

/** False if the name is taken. */
export const insertSchedule = async (sql: Sql, schedule: NewSchedule): Promise<boolean> => {
  const { timetable } = schedule
  const rows = await sql`
    insert into workflow.schedule (id, workspace_id, workflow_id, name, declared, cron, timezone, catch_up, window_ms,
      overlap, jitter_ms, inputs, next_at, created_by)
    values (${schedule.id}::text::uuid, ${schedule.workspace_id}::text::uuid, ${schedule.workflow_id}::text::uuid,
      ${schedule.name}, ${schedule.declared}, ${timetable.cron}, ${timetable.timezone}, ${timetable.catch_up},
      ${timetable.window_ms}::float8, ${timetable.overlap}, ${timetable.jitter_ms}::float8,
      ${json(timetable.inputs)}::text::json, ${isoOrNull(schedule.next_at)}::text::timestamptz,
      ${schedule.created_by}::text::uuid)
    on conflict (workspace_id, name) do nothing
    returning id`
  return rows.length > 0
}
