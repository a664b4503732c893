import { list, type Sql } from "#kernel/database/database.ts"
import { type ArtifactStore, finalKey, stagingKey } from "../store.ts"

const max_rows = 100

/** No upload takes longer than this. */
const abandoned_after = "24 hours"

/** Removes what uploads that died have left: first the bytes, then the row that leads to them. */
export const sweepArtifacts =
  ({ database, blob }: ArtifactStore) =>
  async (): Promise<boolean> => {
    const ids = await database.run(findAbandoned)
    if (ids.length === 0) return false
    await blob.remove(ids.flatMap((id) => [stagingKey(id), finalKey(id)]))
    await database.run(
      (sql) =>
        sql`delete from artifact.artifact where id = any(${list(ids)}::text::uuid[]) and status = 'pending'`,
    )
    return ids.length === max_rows
  }

const findAbandoned = async (sql: Sql): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    select id from artifact.artifact
    where status = 'pending' and created_at < now() - ${abandoned_after}::text::interval
    order by created_at
    limit ${max_rows}::int`
  return rows.map((row) => row.id)
}
