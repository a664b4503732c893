import type { Sql } from "#kernel/database/database.ts"
import { type BundleName, type Bundles, bundleKey } from "./keep.ts"

const max_rows = 100

/** No push takes longer than this. */
const abandoned_after = "24 hours"

/**
 * Removes what pushes that came to nothing have left: first the bytes, then the row that leads to them. A push of the
 * same files waits for the row meanwhile, and brings them anew.
 */
export const sweepBundles =
  ({ database, blob }: Bundles) =>
  async (): Promise<boolean> => {
    const removed = await database.tx(async (sql) => {
      const found = await lockAbandoned(sql)
      await blob.remove(found.map(bundleKey))
      for (const name of found) await deleteBundle(sql, name)
      return found.length
    })
    return removed === max_rows
  }

const lockAbandoned = (sql: Sql) =>
  sql<BundleName>`
    select workspace_id, digest from workflow.bundle
    where stored_at is null and touched_at < now() - ${abandoned_after}::text::interval
    order by touched_at
    limit ${max_rows}::int
    for update skip locked`

const deleteBundle = (sql: Sql, { workspace_id, digest }: BundleName) =>
  sql`delete from workflow.bundle where workspace_id = ${workspace_id}::text::uuid and digest = ${digest}`
