import type { Database, Sql } from "#kernel/database/database.ts"

const max_codes = 1_000

/** Used codes stay for as long as the sign-in that they came of could be tried again. Answers whether there may be more. */
export const cleanSignInCodes = (database: Database) => async (): Promise<boolean> => {
  const gone = await database.run(deleteCodes)
  return gone.length === max_codes
}

const deleteCodes = (sql: Sql) =>
  sql`
    delete from iam.sign_in_code
    where hash = any(array(
      select hash from iam.sign_in_code
      where created_at < now() - interval '1 hour'
      order by created_at
      limit ${max_codes}::int
    ))
    returning hash`
