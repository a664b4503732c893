import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { nextFireMs } from "#language/fires.ts"
import type { Timetable } from "#language/schedule.ts"
import { databaseNow, isoOrNull } from "../fire/clock.ts"
import { readWorkflow } from "./read.ts"
import type { Workflow } from "./shape.ts"

/** Nothing of it is started or due any more, and lists leave it out; its versions and runs stay. */
export const archiveWorkflow = (database: Database) => turnWorkflow(database, "archive")

/** What would have been due meanwhile is not made up for. */
export const restoreWorkflow = (database: Database) => turnWorkflow(database, "restore")

const turnWorkflow =
  (database: Database, turn: "archive" | "restore") =>
  (actor: Caller, name: string): Promise<Workflow> => {
    allow(actor, "workflow.write")
    const { workspace_id } = actor
    return database.tx(async (sql) => {
      const archived = turn === "archive"
      const turned = await setArchived(sql, { workspace_id, name, archived })
      const found = turned && (await readWorkflow(sql, workspace_id, name))
      if (!turned || !found) {
        throw new Problem("workflow.not_found", { detail: `There is no workflow ${name} in this workspace.` })
      }
      const { id, changed } = turned
      await alignDue(sql, id, archived)
      const deed = { action: `workflow.${turn}d`, subject: { kind: "workflow", id, name } } as const
      await record(sql, actor, changed ? [deed] : [])
      return found
    })
  }

type Archived = { readonly workspace_id: string; readonly name: string; readonly archived: boolean }

type Turned = { readonly id: string; readonly changed: boolean }

const setArchived = async (
  sql: Sql,
  { workspace_id, name, archived }: Archived,
): Promise<Turned | undefined> => {
  const [row] = await sql<Turned>`
    with known as (
      select id, archived_at from workflow.workflow
      where workspace_id = ${workspace_id}::text::uuid and name = ${name}
      for update
    )
    update workflow.workflow as turned
    set archived_at = case when ${archived}::boolean then coalesce(known.archived_at, clock_timestamp()) end
    from known
    where turned.id = known.id
    returning turned.id, (known.archived_at is not null) <> ${archived}::boolean as changed`
  return row
}

type Due = Timetable & { readonly id: string; readonly next_at: Date | null }

/** A schedule that goes on already keeps its next time. */
export const alignDue = async (sql: Sql, workflow_id: string, archived: boolean): Promise<void> => {
  const schedules = await sql<Due>`
    select id, cron, timezone, catch_up, window_ms, overlap, jitter_ms, inputs, next_at
    from workflow.schedule
    where workflow_id = ${workflow_id}::text::uuid
    order by id
    for update`
  if (schedules.length === 0) return
  const now = await databaseNow(sql)
  const next = schedules.map((schedule) => {
    if (archived) return null
    return isoOrNull(schedule.next_at?.getTime() ?? nextFireMs(schedule, now))
  })
  await sql`
    update workflow.schedule
    set next_at = given.next_at
    from unnest(
      ${list(schedules.map(({ id }) => id))}::text::uuid[],
      ${list(next)}::text::timestamptz[]
    ) as given (id, next_at)
    where schedule.id = given.id`
}
