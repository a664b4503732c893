import { json, list, type Sql } from "#kernel/database/database.ts"
import type { TaskRow } from "../step/rows.ts"
import type { Created, Decided, Ended } from "../step/step.ts"

/** All items of a step in one statement; what can be claimed at once is in its lane with it. */
export const insertItems = async (sql: Sql, { created, released }: Decided): Promise<void> => {
  if (created.length === 0) return
  const free = new Set(released)
  const tasks = created.map(({ task }) => task)
  const statuses = created.map(({ task, earlier }) => {
    if (earlier) return "completed"
    // What else became of them comes after this, as it does with other tasks.
    return task.status === "queued" && free.has(task) ? "queued" : "pending"
  })
  await sql`
    with created as (
      insert into scheduler.task_run
        (id, run_id, idx, item, workspace_id, task, type, status, needs_left, queue, slot, priority, max_retries,
          queued_at, finished_at, reused_from, payload, outputs, settings)
      select id, run_id, idx, item, workspace_id, task, type, status, needs_left, queue, slot, priority, max_retries,
        case when status = 'queued' then now() end, case when status = 'completed' then now() end, reused_from,
        payload::json, outputs::json, settings::json
      from unnest(
        ${list(tasks.map((task) => task.id))}::text::uuid[],
        ${list(tasks.map((task) => task.run_id))}::text::uuid[],
        ${list(tasks.map((task) => task.idx))}::text::int[],
        ${list(tasks.map((task) => task.item))}::text::int[],
        ${list(tasks.map((task) => task.workspace_id))}::text::uuid[],
        ${list(tasks.map((task) => task.task))}::text::text[],
        ${list(tasks.map((task) => task.type))}::text::text[],
        ${list(statuses)}::text::text[],
        ${list(tasks.map((task) => task.needs_left))}::text::int[],
        ${list(tasks.map((task) => task.queue))}::text::text[],
        ${list(tasks.map((task) => task.slot))}::text::text[],
        ${list(tasks.map((task) => task.priority))}::text::int[],
        ${list(tasks.map((task) => task.max_retries))}::text::int[],
        ${list(created.map(({ earlier }) => earlier?.id ?? null))}::text::uuid[],
        ${list(tasks.map(({ payload }) => json(payload ?? null)))}::text::text[],
        ${list(created.map(outputsOf))}::text::text[],
        ${list(tasks.map(({ settings }) => (settings ? json(settings) : null)))}::text::text[]
      ) as given (id, run_id, idx, item, workspace_id, task, type, status, needs_left, queue, slot, priority,
        max_retries, reused_from, payload, outputs, settings)
      returning id, run_id, workspace_id, queue, slot, priority, status
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select id, run_id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
    from created where status = 'queued' order by id`
}

const outputsOf = ({ earlier }: Created): string | null => (earlier?.outputs ? json(earlier.outputs) : null)

/** What is released, but for the items that are in their lanes already. */
export const withoutCreated = ({ created, released }: Decided): readonly TaskRow[] => {
  if (created.length === 0) return released
  const own = new Set(created.map(({ task }) => task))
  return released.filter((task) => !own.has(task))
}

export const saveUnfolded = async (sql: Sql, unfolded: readonly TaskRow[]): Promise<void> => {
  if (unfolded.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = 'waiting', needs_left = given.needs_left, needs_bad = given.needs_bad, payload = given.payload::json,
      queued_at = now(), started_at = now()
    from unnest(
      ${list(unfolded.map(({ id }) => id))}::text::uuid[],
      ${list(unfolded.map(({ needs_left }) => needs_left))}::text::int[],
      ${list(unfolded.map(({ needs_bad }) => needs_bad))}::text::int[],
      ${list(unfolded.map(({ payload }) => json(payload ?? null)))}::text::text[]
    ) as given (id, needs_left, needs_bad, payload)
    where task.id = given.id and task.status = 'pending'`
}

export const saveFolded = async (sql: Sql, folded: readonly Ended[]): Promise<void> => {
  if (folded.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = given.status, needs_left = given.needs_left, needs_bad = given.needs_bad,
      reason = given.error::json ->> 'code', outputs = given.outputs::json, error = given.error::json,
      finished_at = now()
    from unnest(
      ${list(folded.map(({ task }) => task.id))}::text::uuid[],
      ${list(folded.map(({ task }) => task.status))}::text::text[],
      ${list(folded.map(({ task }) => task.needs_left))}::text::int[],
      ${list(folded.map(({ task }) => task.needs_bad))}::text::int[],
      ${list(folded.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null)))}::text::text[],
      ${list(folded.map(({ error }) => (error ? json(error) : null)))}::text::text[]
    ) as given (id, status, needs_left, needs_bad, outputs, error)
    where task.id = given.id and task.status in ('pending', 'waiting')`
}
