import type { Deed } from "#kernel/audit/record.ts"
import { json, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { nextFireMs } from "#language/fires.ts"
import { type Timetable, timetableOf } from "#language/schedule.ts"
import type { Definition } from "#language/schema.ts"
import { databaseNow, isoOrNull } from "../fire/clock.ts"
import { scheduleDeed } from "./deed.ts"

export type Declaring = {
  readonly workspace_id: string
  readonly workflow_id: string
  readonly workflow: string
  readonly schedules: NonNullable<Definition["schedule"]>
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
 * and that somebody has paused it. Answers what has become of each.
 */
export const syncSchedules = async (sql: Sql, declaring: Declaring): Promise<readonly Deed[]> => {
  const known = await lockDeclared(sql, declaring.workflow_id)
  if (known.length === 0 && declaring.schedules.length === 0) return []
  const now = await databaseNow(sql)
  const { places, leaving } = placesOf(declaring, known)
  const deeds = leaving.map((row) => scheduleDeed("deleted", row))
  for (const { id } of leaving) await sql`delete from workflow.schedule where id = ${id}::text::uuid`
  for (const { name, timetable, row } of places) {
    const isSame = row?.cron === timetable.cron && row.timezone === timetable.timezone
    const next_at = (isSame ? row.next_at?.getTime() : undefined) ?? nextFireMs(timetable, now)
    if (!row) {
      const id = await insertDeclared(sql, { declaring, timetable, next_at, name })
      deeds.push(scheduleDeed("created", { id, name }, { workflow: declaring.workflow }))
    } else if (await updateSchedule(sql, { id: row.id, timetable, next_at })) {
      deeds.push(scheduleDeed("changed", row))
    }
  }
  return deeds
}

type Place = { readonly name: string; readonly timetable: Timetable; readonly row: Known | undefined }

type Places = { readonly places: readonly Place[]; readonly leaving: readonly Known[] }

/** A name is known again by itself; without one the same time is, and then what is left takes the place of what goes. */
const placesOf = ({ workflow, schedules }: Declaring, known: readonly Known[]): Places => {
  const open = [...known]
  const take = (isIt: (row: Known) => boolean): Known | undefined => {
    const place = open.findIndex(isIt)
    return place < 0 ? undefined : open.splice(place, 1)[0]
  }
  const wanted = schedules.map((schedule) => {
    const name = schedule.name === undefined ? undefined : `${workflow}.${schedule.name}`
    return { name, timetable: timetableOf(schedule), row: take((row) => row.name === name) }
  })
  const same = wanted.map(({ name, timetable: { cron, timezone }, row }) =>
    name === undefined ? take((one) => one.cron === cron && one.timezone === timezone) : row,
  )
  const rows = wanted.map(
    ({ name }, index) => same[index] ?? (name === undefined ? take(() => true) : undefined),
  )
  const names = new Set([...wanted.map(({ name }) => name), ...rows.map((row) => row?.name)])
  const places = wanted.map(({ name, timetable }, index) => {
    const row = rows[index]
    const chosen = row?.name ?? name ?? freeName(workflow, names)
    names.add(chosen)
    return { name: chosen, timetable, row }
  })
  return { places, leaving: open }
}

/** Called as its workflow is; a second one has a number behind it. */
const freeName = (workflow: string, taken: ReadonlySet<string | undefined>): string => {
  let name = workflow
  for (let number = 2; taken.has(name); number += 1) name = `${workflow}.${number}`
  return name
}

const lockDeclared = (sql: Sql, workflow_id: string) =>
  sql<Known>`
    select id, name, cron, timezone, next_at from workflow.schedule
    where workflow_id = ${workflow_id}::text::uuid and declared
    order by name
    for update`

type Update = { readonly id: string; readonly timetable: Timetable; readonly next_at: number | undefined }

/** Answers whether it says something else now. */
const updateSchedule = async (sql: Sql, { id, timetable, next_at }: Update): Promise<boolean> => {
  const [row] = await sql<{ changed: boolean }>`
    with known as (select * from workflow.schedule where id = ${id}::text::uuid)
    update workflow.schedule as made
    set cron = ${timetable.cron}, timezone = ${timetable.timezone}, catch_up = ${timetable.catch_up},
      window_ms = ${timetable.window_ms}::float8, overlap = ${timetable.overlap},
      jitter_ms = ${timetable.jitter_ms}::float8, inputs = ${json(timetable.inputs)}::text::json,
      next_at = ${isoOrNull(next_at)}::text::timestamptz, updated_at = now()
    from known
    where made.id = known.id
    returning (known.cron, known.timezone, known.catch_up, known.window_ms, known.overlap, known.jitter_ms,
        known.inputs::jsonb)
      is distinct from (made.cron, made.timezone, made.catch_up, made.window_ms, made.overlap, made.jitter_ms,
        made.inputs::jsonb) as changed`
  return row?.changed ?? false
}

type Insert = Omit<Place, "row"> & { readonly declaring: Declaring; readonly next_at: number | undefined }

const insertDeclared = async (sql: Sql, { declaring, timetable, next_at, name }: Insert): Promise<string> => {
  const id = declaring.id()
  const made = await insertSchedule(sql, {
    ...{ ...declaring, id, name, declared: true, timetable },
    next_at,
  })
  if (made) return id
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
