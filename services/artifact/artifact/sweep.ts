import { list, type Sql } from "#kernel/database/database.ts"
import { type ArtifactStore, stagingKey } from "../store.ts"
import { discard, link_slack } from "./discard.ts"

const max_rows = 100

/** Removes what uploads that died have left, and links that nobody used or that were used again. */
export const sweepArtifacts = (store: ArtifactStore) => async (): Promise<boolean> => {
  const abandoned = await store.database.run(findAbandoned)
  await discard(store, abandoned)
  const ended = await store.database.run(findEnded)
  await store.blob.remove(ended.map(stagingKey))
  await store.database.run((sql) => forgetLinks(sql, ended))
  return abandoned.length === max_rows || ended.length === max_rows
}

const findAbandoned = async (sql: Sql): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    select id from artifact.artifact
    where status = 'pending' and (
      link_until is null and alive_until <= now()
      or link_until < now() - ${link_slack}::text::interval
    )
    order by alive_until
    limit ${max_rows}::int`
  return rows.map((row) => row.id)
}

/** By their links something may have come once more after they were files. */
const findEnded = async (sql: Sql): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    select id from artifact.artifact
    where link_until < now() - ${link_slack}::text::interval and status = 'stored'
    order by link_until
    limit ${max_rows}::int`
  return rows.map((row) => row.id)
}

const forgetLinks = async (sql: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`
    update artifact.artifact set link_until = null, link_by = null
    where id = any(${list(ids)}::text::uuid[]) and status = 'stored'`
}
