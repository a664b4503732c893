import { json, list, type Sql } from "#kernel/database/database.ts"
import { insertKeys, saveTakenOver } from "../cache/save.ts"
import { stopChildren, tellParents } from "../child/save.ts"
import type { Decided, Ended, Step } from "../step/step.ts"
import type { Signal, Waits } from "./waits.ts"

const kinds = [
  ...(["begun", "ended", "changed", "keyed", "kept", "taken", "postponed", "resumed"] as const),
  ...(["answered", "told", "orphaned", "lingering"] as const),
]

type Saved = Pick<Waits, (typeof kinds)[number]>

/** Nothing is sent for a step that has nothing of this. */
export const saveWaits = async (sql: Sql, { decided }: Pick<Step, "decided">): Promise<void> => {
  const waits: Saved = decided.waits
  if (!hasWaits(decided)) return
  const isTakenOver = ({ reused_from }: Ended): boolean => reused_from !== undefined
  await Promise.all([
    saveBegun(sql, waits.begun),
    saveChanged(sql, waits.changed),
    saveEnded(
      sql,
      waits.ended.filter((one) => !isTakenOver(one)),
    ),
    saveTakenOver(sql, waits.ended.filter(isTakenOver)),
    insertKeys(sql, waits.keyed),
    keepSignals(sql, waits.kept),
    dropSignals(sql, waits.taken),
    postpone(sql, waits.postponed),
    resume(sql, waits.resumed),
    saveAnswers(sql, waits.answered),
    tellParents(sql, waits.told),
    stopChildren(sql, waits.orphaned),
    limitLast(sql, waits.lingering),
  ])
}

export const hasWaits = ({ waits }: Pick<Decided, "waits">): boolean =>
  kinds.some((kind) => waits[kind].length > 0)

/** What the same step has cancelled after it began to wait stays so, and has no timer. */
const saveBegun = async (sql: Sql, begun: Saved["begun"]): Promise<void> => {
  if (begun.length === 0) return
  const timers = begun.flatMap(({ task, timers: some }) => some.map((timer) => ({ id: task.id, ...timer })))
  await sql`
    with begun as (
      update scheduler.task_run as task
      set status = 'waiting', needs_left = 0, started_at = now(), wait = given.wait::json
      from unnest(
        ${list(begun.map(({ task }) => task.id))}::text::uuid[],
        ${list(begun.map(({ waited }) => json(waited)))}::text::text[]
      ) as given (id, wait)
      where task.id = given.id and task.status in ('pending', 'waiting')
      returning task.id, task.run_id, task.workspace_id, given.wait::json ->> 'for' = 'approval' as asks
    ), asked as (
      insert into scheduler.approval (workspace_id, task_run_id)
      select workspace_id, id from begun where asks
      on conflict do nothing
    )
    insert into scheduler.timer (due_at, kind, task_run_id, run_id)
    select coalesce(given.at::timestamptz, now() + given.after_ms * interval '1 millisecond'), kind, begun.id, run_id
    from unnest(
      ${list(timers.map(({ id }) => id))}::text::uuid[],
      ${list(timers.map(({ kind }) => kind))}::text::text[],
      ${list(timers.map((timer) => ("at" in timer ? timer.at : null)))}::text::text[],
      ${list(timers.map((timer) => ("after_ms" in timer ? timer.after_ms : null)))}::text::float8[]
    ) as given (id, kind, at, after_ms)
    join begun on begun.id = given.id`
}

const saveChanged = async (sql: Sql, changed: Saved["changed"]): Promise<void> => {
  if (changed.length === 0) return
  await sql`
    update scheduler.task_run as task set wait = given.wait::json
    from unnest(
      ${list(changed.map(({ task }) => task.id))}::text::uuid[],
      ${list(changed.map(({ waited }) => json(waited)))}::text::text[]
    ) as given (id, wait)
    where task.id = given.id and task.status = 'waiting'`
}

const saveEnded = async (sql: Sql, ended: Saved["ended"]): Promise<void> => {
  if (ended.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = given.status, reason = given.error::json ->> 'code', needs_left = 0, outputs = given.outputs::json,
      error = given.error::json, started_at = coalesce(task.started_at, now()), finished_at = now()
    from unnest(
      ${list(ended.map(({ task }) => task.id))}::text::uuid[],
      ${list(ended.map(({ task }) => task.status))}::text::text[],
      ${list(ended.map(({ settlement }) => json(settlement.outputs ?? {})))}::text::text[],
      ${list(ended.map(({ error }) => (error ? json(error) : null)))}::text::text[]
    ) as given (id, status, outputs, error)
    where task.id = given.id and task.status <> 'running'`
}

const keepSignals = async (sql: Sql, kept: readonly Signal[]): Promise<void> => {
  if (kept.length === 0) return
  await sql`
    insert into scheduler.signal (run_id, name, data)
    select run_id, name, data::json
    from unnest(
      ${list(kept.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(kept.map(({ name }) => name))}::text::text[],
      ${list(kept.map(({ data }) => json(data)))}::text::text[]
    ) as given (run_id, name, data)
    on conflict (run_id, name) do nothing`
}

const dropSignals = async (sql: Sql, taken: Saved["taken"]): Promise<void> => {
  if (taken.length === 0) return
  await sql`
    delete from scheduler.signal as signal
    using unnest(
      ${list(taken.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(taken.map(({ name }) => name))}::text::text[]
    ) as given (run_id, name)
    where signal.run_id = given.run_id and signal.name = given.name`
}

const postpone = async (sql: Sql, timers: readonly string[]): Promise<void> => {
  if (timers.length === 0) return
  await sql`
    update scheduler.timer set due_at = 'infinity' where id = any(${list(timers)}::text::bigint[])`
}

const resume = async (sql: Sql, run_ids: readonly string[]): Promise<void> => {
  if (run_ids.length === 0) return
  await sql`
    update scheduler.timer set due_at = now()
    where run_id = any(${list(run_ids)}::text::uuid[]) and due_at = 'infinity'`
}

const saveAnswers = async (sql: Sql, answered: Saved["answered"]): Promise<void> => {
  if (answered.length === 0) return
  await sql`
    update scheduler.run as run set outputs = given.outputs::json
    from unnest(
      ${list(answered.map(({ run }) => run.id))}::text::uuid[],
      ${list(answered.map(({ outputs }) => json(outputs)))}::text::text[]
    ) as given (id, outputs)
    where run.id = given.id`
}

/** How long a run that was stopped may take for its last tasks. */
const max_last_ms = 3_600_000

const limitLast = async (sql: Sql, run_ids: readonly string[]): Promise<void> => {
  if (run_ids.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, run_id)
    select now() + ${max_last_ms}::float8 * interval '1 millisecond', 'linger', id
    from unnest(${list(run_ids)}::text::uuid[]) as given (id)`
}
