import type { Database, Sql } from "#kernel/database/database.ts"

const max_links = 1_000

/** Removes links that are good for nothing any more. Answers whether there may be more. */
export const cleanLinks = (database: Database) => async (): Promise<boolean> => {
  const registrations = await database.run(deleteRegistrations)
  const resets = await database.run(deleteResets)
  return Math.max(registrations.length, resets.length) === max_links
}

const deleteRegistrations = (sql: Sql) =>
  sql`
    delete from iam.registration
    where hash = any(array(
      select hash from iam.registration where expires_at <= now() order by expires_at limit ${max_links}::int
    ))
    returning hash`

const deleteResets = (sql: Sql) =>
  sql`
    delete from iam.password_reset
    where hash = any(array(
      select hash from iam.password_reset where expires_at <= now() order by expires_at limit ${max_links}::int
    ))
    returning hash`
