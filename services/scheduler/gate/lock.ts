import { list, type Sql } from "#kernel/database/database.ts"
import type { Slot } from "#language/slots.ts"
import type { GateRow, GateWanted } from "../step/rows.ts"

/** Most that are let in at once; each of them lets in as many again when it ends. */
const max_admitted = 1_000

/** Two statements sent together: the second one sees what was committed while the first waited for its locks. */
export const lockGates = async (sql: Sql, wanted: readonly GateWanted[]): Promise<readonly GateRow[]> => {
  if (wanted.length === 0) return []
  const keepsAll = wanted.every(({ max }) => max === null)
  const [, rows] = await Promise.all([
    keepsAll ? lock(sql, wanted) : setAndLock(sql, wanted),
    read(sql, wanted),
  ])
  return rows.map(({ ids, queues, slots, ...row }) => ({
    ...row,
    waiting: ids.map((id, index) => ({ id, lane: laneOf(row.workspace_id, queues[index], slots[index]) })),
  }))
}

const laneOf = (workspace_id: string, queue: string | null | undefined, slot: Slot | null | undefined) =>
  queue && slot ? { workspace_id, queue, slot } : null

const places = (wanted: readonly GateWanted[]) => ({
  workspaces: list(wanted.map(({ workspace_id }) => workspace_id)),
  keys: list(wanted.map(({ key }) => key)),
})

const lock = (sql: Sql, wanted: readonly GateWanted[]) => {
  const { workspaces, keys } = places(wanted)
  return sql`
    select 1
    from scheduler.gate
    join unnest(${workspaces}::text::uuid[], ${keys}::text::text[]) as given (workspace_id, key)
      using (workspace_id, key)
    order by gate.workspace_id, gate.key
    for update of gate`
}

const setAndLock = (sql: Sql, wanted: readonly GateWanted[]) => {
  const { workspaces, keys } = places(wanted)
  return sql`
    insert into scheduler.gate (workspace_id, key, max)
    select workspace_id, key, max
    from unnest(
      ${workspaces}::text::uuid[], ${keys}::text::text[], ${list(wanted.map(({ max }) => max ?? 0))}::text::int[]
    ) as given (workspace_id, key, max)
    order by workspace_id, key
    on conflict (workspace_id, key) do update
    set max = case when excluded.max = 0 then gate.max else excluded.max end`
}

type Read = Omit<GateRow, "waiting"> & {
  readonly ids: readonly string[]
  readonly queues: readonly (string | null)[]
  readonly slots: readonly (Slot | null)[]
}

const read = (sql: Sql, wanted: readonly GateWanted[]) => {
  const { workspaces, keys } = places(wanted)
  const leaving = list(wanted.flatMap((one) => one.leaving))
  return sql<Read>`
    select gate.workspace_id, gate.key, gate.max, gate.in_use, held.freed, behind.ids, behind.queues, behind.slots
    from unnest(${workspaces}::text::uuid[], ${keys}::text::text[]) as given (workspace_id, key)
    join scheduler.gate using (workspace_id, key)
    cross join lateral (
      select count(*)::int as freed
      from scheduler.holder
      where holder.id = any(${leaving}::text::uuid[])
        and holder.workspace_id = gate.workspace_id and holder.gate_key = gate.key
    ) as held
    cross join lateral (
      select coalesce(array_agg(first.task_run_id::text order by first.seq), '{}') as ids,
        coalesce(array_agg(job.queue order by first.seq), '{}') as queues,
        coalesce(array_agg(job.slot order by first.seq), '{}') as slots
      from (
        select seq, task_run_id
        from scheduler.blocked
        where blocked.workspace_id = gate.workspace_id and blocked.gate_key = gate.key
          and blocked.task_run_id <> all(${leaving}::text::uuid[])
        order by seq
        limit least(greatest(gate.max - gate.in_use + held.freed, 0), ${max_admitted}::int) + 1
      ) as first
      left join scheduler.task_run as job on job.id = first.task_run_id
    ) as behind
    order by gate.workspace_id, gate.key`
}
