import { list, type Sql } from "#kernel/database/database.ts"
import type { NewJob } from "./prepare.ts"

/** A key whose jobs begin one after the other, this far apart. */
export type Rate = { readonly key: string; readonly interval_ms: number }

type Turns = { readonly workspace_id: string; readonly key: string; next_ms: number }

/** Gives each job with a rate key its turn: the next time that is free. One whose turn is now has no `run_at`. */
export const reserveTurns = async (sql: Sql, jobs: readonly NewJob[]): Promise<readonly NewJob[]> => {
  const rated = Map.groupBy(
    jobs.filter(({ rate }) => rate !== null),
    placeOf,
  )
  if (rated.size === 0) return jobs
  const rows = await reserve(sql, [...rated.values()])
  const turns = new Map(
    rows.map(({ first_ms, ...row }): [string, Turns] => [
      `${row.workspace_id} ${row.key}`,
      { ...row, next_ms: first_ms },
    ]),
  )
  const now_ms = rows[0]?.now_ms ?? 0
  return jobs.map((job) => {
    const turn = job.rate && turns.get(placeOf(job))
    if (!job.rate || !turn) return job
    const at_ms = turn.next_ms
    turn.next_ms += job.rate.interval_ms
    // Never early, though times are told in whole milliseconds.
    return at_ms <= now_ms ? job : { ...job, run_at: new Date(Math.ceil(at_ms)).toISOString() }
  })
}

const placeOf = ({ workspace_id, rate }: NewJob): string => `${workspace_id} ${rate?.key}`

type Reserved = {
  readonly workspace_id: string
  readonly key: string
  readonly first_ms: number
  readonly now_ms: number
}

const sumOf = (jobs: readonly NewJob[]): number =>
  jobs.reduce((sum_ms, { rate }) => sum_ms + (rate?.interval_ms ?? 0), 0)

/** Turns that nobody took are not made up for. */
const reserve = (sql: Sql, rated: readonly (readonly NewJob[])[]) =>
  sql<Reserved>`
    with given as (
      select * from unnest(
        ${list(rated.map(([job]) => job?.workspace_id ?? ""))}::text::uuid[],
        ${list(rated.map(([job]) => job?.rate?.key ?? ""))}::text::text[],
        ${list(rated.map(sumOf))}::text::float8[]
      ) as given (workspace_id, key, sum_ms)
    ), moved as (
      insert into scheduler.rate (workspace_id, key, next_at)
      select workspace_id, key, now() + sum_ms * interval '1 millisecond'
      from given
      order by workspace_id, key
      on conflict (workspace_id, key) do update
      set next_at = greatest(rate.next_at, now()) + (excluded.next_at - now())
      returning workspace_id, key, next_at
    )
    select workspace_id, key, extract(epoch from now())::float8 * 1000 as now_ms,
      extract(epoch from next_at - sum_ms * interval '1 millisecond')::float8 * 1000 as first_ms
    from moved join given using (workspace_id, key)`
