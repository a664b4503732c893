import type { Sql } from "#kernel/database/database.ts"
import { durationText } from "#language/duration.ts"
import type { Timetable } from "#language/schedule.ts"
import type { FireStatus } from "../fire/moves.ts"
import type { Schedule } from "./shape.ts"

export type ScheduleRow = Timetable & {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  readonly workflow_id: string
  readonly workflow: string
  readonly archived: boolean
  readonly declared: boolean
  readonly paused_at: Date | null
  readonly next_at: Date | null
  readonly created_by: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_fire_at: Date | null
  readonly last_status: FireStatus | null
  readonly last_reason: string | null
  readonly last_run_id: string | null
}

export const scheduleOf = (row: ScheduleRow): Schedule => {
  const { last_fire_at, last_status, last_reason, last_run_id } = row
  const last =
    last_fire_at === null || last_status === null
      ? null
      : {
          fire_at: last_fire_at.toISOString(),
          status: last_status,
          reason: last_reason,
          run_id: last_run_id,
        }
  return {
    ...{ id: row.id, name: row.name, workflow: row.workflow, source: row.declared ? "file" : "api" },
    ...{
      cron: row.cron,
      timezone: row.timezone,
      catch_up: row.catch_up,
      window: durationText(row.window_ms),
    },
    ...{ overlap: row.overlap, jitter: durationText(row.jitter_ms), inputs: row.inputs },
    paused_at: row.paused_at?.toISOString() ?? null,
    workflow_archived: row.archived,
    next_at: row.paused_at === null ? (row.next_at?.toISOString() ?? null) : null,
    last,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export type SchedulesFilter = {
  readonly workspace_id: string
  /** Only this one. */
  readonly name: string | null
  readonly workflow: string | null
  readonly after: string | null
  readonly limit: number
}

/** By name, each with what became of its latest time. */
export const readSchedules = (sql: Sql, filter: SchedulesFilter): Promise<readonly ScheduleRow[]> =>
  sql<ScheduleRow>`
    select schedule.*, workflow.name as workflow, archived_at is not null as archived, last.fire_at as last_fire_at,
      last.status as last_status, last.reason as last_reason, last.run_id as last_run_id
    from workflow.schedule
      join workflow.workflow on workflow.id = workflow_id
      left join lateral (
        select fire_at, status, reason, run_id from workflow.fire
        where schedule_id = schedule.id
        order by fire_at desc
        limit 1
      ) as last on true
    where schedule.workspace_id = ${filter.workspace_id}::text::uuid
      and (${filter.name}::text is null or schedule.name = ${filter.name}::text)
      and (${filter.workflow}::text is null or workflow.name = ${filter.workflow}::text)
      and (${filter.after}::text is null or schedule.name > ${filter.after}::text)
    order by schedule.name
    limit ${filter.limit}::int`
