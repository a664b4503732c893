import type { Sql } from "#kernel/database/database.ts"
import type { ArtifactStore } from "../store.ts"
import { discard } from "./discard.ts"

const max_rows = 100

/** No upload takes longer than this. */
const abandoned_after = "24 hours"

/** Removes what uploads that died have left: first the bytes, then the row that leads to them. */
export const sweepArtifacts = (store: ArtifactStore) => async (): Promise<boolean> => {
  const ids = await store.database.run(findAbandoned)
  await discard(store, ids)
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
