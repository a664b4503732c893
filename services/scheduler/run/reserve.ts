import { list, type Sql } from "#kernel/database/database.ts"
import type { Prepared, RunStarted } from "./start.ts"

type Reserved = Omit<RunStarted, "run">

/** Which of these are new, by their idempotency keys, and whose runs the others are. */
export const reserveKeys = async (sql: Sql, starts: readonly Prepared[]): Promise<readonly Reserved[]> => {
  const keyed = starts.filter((start) => start.idempotency_key !== undefined)
  const known = keyed.length === 0 ? [] : await insertKeys(sql, keyed)
  const held = new Map(known.map((row) => [`${row.workspace_id} ${row.key}`, row]))
  return starts.map((start) => {
    const row = held.get(`${start.workspace_id} ${start.idempotency_key}`)
    if (!row) return { run_id: start.run_id, created: true, conflict: false }
    const created = row.object_id === start.run_id
    return { run_id: row.object_id, created, conflict: !created && row.body_hash !== start.body_hash }
  })
}

/** A start that is refused leaves its key to the next one. */
export const releaseKeys = async (sql: Sql, starts: readonly Prepared[]): Promise<void> => {
  const keyed = starts.filter((start) => start.idempotency_key !== undefined)
  if (keyed.length === 0) return
  await sql`
    delete from scheduler.idempotency as known
    using unnest(
      ${list(keyed.map((start) => start.workspace_id))}::text::uuid[],
      ${list(keyed.map((start) => start.idempotency_key ?? ""))}::text::text[],
      ${list(keyed.map((start) => start.run_id))}::text::uuid[]
    ) as given (workspace_id, key, object_id)
    where known.workspace_id = given.workspace_id and known.scope = 'run.start' and known.key = given.key
      and known.object_id = given.object_id`
}

type KeyRow = { workspace_id: string; key: string; body_hash: string; object_id: string }

/** The update of nothing makes a concurrent holder of the key visible, and waits for its end. */
const insertKeys = (sql: Sql, starts: readonly Prepared[]) =>
  sql<KeyRow>`
    insert into scheduler.idempotency as known (workspace_id, scope, key, body_hash, object_id)
    select distinct on (workspace_id, key) workspace_id, 'run.start', key, body_hash, object_id
    from unnest(
      ${list(starts.map((start) => start.workspace_id))}::text::uuid[],
      ${list(starts.map((start) => start.idempotency_key ?? ""))}::text::text[],
      ${list(starts.map((start) => start.body_hash))}::text::text[],
      ${list(starts.map((start) => start.run_id))}::text::uuid[]
    ) as given (workspace_id, key, body_hash, object_id)
    order by workspace_id, key
    on conflict (workspace_id, scope, key) do update set key = known.key
    returning workspace_id, key, body_hash, object_id`
