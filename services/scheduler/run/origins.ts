import { type Actor, allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { lastTaskRunId } from "#language/run-id.ts"
import { runNotFound } from "./not-found.ts"
import { readRun } from "./read.ts"

/** Tasks of one run, whose results another run has taken over. */
export type Origin = { readonly run_id: string; readonly tasks: readonly string[] }

/** So many reruns in a row, each of which took results over from the one before. */
const max_depth = 200

/** Where a run's results come from that it has not made itself: reruns, and caches, take them over from taken ones, too. */
export const listOrigins =
  (database: Database) =>
  (actor: Actor, run_id: string): Promise<readonly Origin[]> => {
    allow(actor, "run.read")
    return database.run(async (sql) => {
      const { workspace_id } = actor
      const run = await readRun(sql, workspace_id, run_id)
      if (!run) throw runNotFound(run_id)
      const tasks = new Map<string, Set<string>>()
      let taken = await readTaken(sql, run_id)
      for (let depth = 0; taken.length > 0; depth += 1) {
        if (depth === max_depth) throw tooDeep(run_id)
        const before = await readBefore(sql, workspace_id, taken)
        for (const one of before) tasks.set(one.run_id, (tasks.get(one.run_id) ?? new Set()).add(one.task))
        taken = takenOf(before)
      }
      return [...tasks].map(([origin, names]) => ({ run_id: origin, tasks: [...names] }))
    })
  }

const tooDeep = (run_id: string): Problem =>
  new Problem("run.not_found", {
    detail: `The run ${run_id} is the last of more than ${max_depth} reruns in a row, and the first are not looked for: rerun all of it.`,
  })

type Before = {
  readonly run_id: string
  readonly task: string
  readonly idx: number
  readonly item: number | null
  readonly reused_from: string | null
}

/** Of a task that has items here, it is they that took over. */
const takenOf = (before: readonly Before[]): readonly string[] => {
  const placeOf = ({ run_id, idx }: Before) => `${run_id} ${idx}`
  const repeated = new Set(before.filter(({ item }) => item !== null).map(placeOf))
  const took_over = before.filter((one) => one.item !== null || !repeated.has(placeOf(one)))
  return took_over.flatMap(({ reused_from }) => reused_from ?? [])
}

const readTaken = async (sql: Sql, run_id: string): Promise<readonly string[]> => {
  const last = lastTaskRunId(run_id)
  const rows = await sql<{ reused_from: string }>`
    select own.reused_from
    from scheduler.task_run as own
    where own.id > ${run_id}::text::uuid and own.id <= ${last}::text::uuid and own.reused_from is not null
      and (own.item is not null or not exists (
        select from scheduler.task_run as part
        where part.id > ${run_id}::text::uuid and part.id <= ${last}::text::uuid
          and part.idx = own.idx and part.item is not null))`
  return rows.map((row) => row.reused_from)
}

/** They, and all the items that they have. */
const readBefore = (sql: Sql, workspace_id: string, ids: readonly string[]) =>
  sql<Before>`
    with before as materialized (
      select run_id, task, idx, item, reused_from
      from scheduler.task_run
      where id = any(${list(ids)}::text::uuid[]) and workspace_id = ${workspace_id}::text::uuid
    ), whole as materialized (
      select distinct run_id, idx from before where item is null
    )
    select run_id, task, idx, item, reused_from from before
    union
    select part.run_id, part.task, part.idx, part.item, part.reused_from
    from (select distinct run_id from whole) as run
    join scheduler.task_run as part
      on part.id > run.run_id and part.id <= (left(run.run_id::text, -5) || 'fffff')::uuid
    join whole on whole.run_id = part.run_id and whole.idx = part.idx
    where part.item is not null`
