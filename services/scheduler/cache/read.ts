import { list, type Sql } from "#kernel/database/database.ts"
import type { CachedResult, CacheWanted } from "./look-up.ts"

/** Of one key no more than this are looked at, the newest first. */
const max_looked = 100

/** What was completed under these keys, and isn't too old by the database's clock: the latest of each. */
export const readCached = (sql: Sql, wanted: readonly CacheWanted[]) =>
  sql<CachedResult & Omit<CacheWanted, "ttl_ms">>`
    select given.workspace_id, given.hash, found.id, found.outputs
    from (
      select distinct on (workspace_id, hash) workspace_id, hash, ttl_ms
      from unnest(
        ${list(wanted.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(wanted.map(({ hash }) => hash))}::text::text[],
        ${list(wanted.map(({ ttl_ms }) => ttl_ms))}::text::float8[]
      ) as asked (workspace_id, hash, ttl_ms)
      order by workspace_id, hash, ttl_ms
    ) as given
    cross join lateral (
      select task.id, task.outputs
      from (
        select task_run_id from scheduler.cache_key
        where cache_key.workspace_id = given.workspace_id and cache_key.hash = given.hash
        order by task_run_id desc
        limit ${max_looked}::int
      ) as kept
      join scheduler.task_run as task on task.id = kept.task_run_id
      where task.status = 'completed' and task.finished_at > now() - given.ttl_ms * interval '1 millisecond'
      order by task.finished_at desc
      limit 1
    ) as found`
