import type { Revoked } from "#kernel/auth/revocations.ts"
import type { Database, Sql } from "#kernel/database/database.ts"

/** More than a verifier remembers: it then asks about everybody. */
const max_subjects = 50_001

/**
 * What became known since the cursor, which is the oldest transaction that was under way then: so whatever commits late is told,
 * some of it twice, which does no harm.
 */
export const listRevoked =
  (database: Database) =>
  async (cursor: string): Promise<{ cursor: string; subjects: string[] }> =>
    database.run(async (sql) => {
      const { cursor: next, subjects } = await readRevoked(sql, cursor)
      return { cursor: next, subjects: [...subjects] }
    })

const readRevoked = async (sql: Sql, cursor: string): Promise<Revoked> => {
  const known = /^\d{1,19}$/.test(cursor) ? cursor : "0"
  const [row] = await sql<Revoked>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as cursor,
      array(
        select distinct subject::text from iam.revocation
        where xid >= ${known}::text::xid8
        limit ${max_subjects}::int
      ) as subjects`
  if (!row) throw new Error("a select without a table returned no row")
  return row
}
