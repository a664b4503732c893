import type { Database, Sql } from "#kernel/database/database.ts"

const max_rows = 1_000

/** Removes API tokens and invitations that ended a month ago; what became of them is in the audit log. Answers whether there may be more. */
export const cleanEnded = (database: Database) => async (): Promise<boolean> => {
  const tokens = await database.run(deleteTokens)
  const invites = await database.run(deleteInvites)
  return Math.max(tokens.length, invites.length) === max_rows
}

const deleteTokens = (sql: Sql) =>
  sql`
    delete from iam.api_token
    where id = any(array(
      select id from iam.api_token where least(revoked_at, expires_at) < now() - interval '30 days'
      order by least(revoked_at, expires_at)
      limit ${max_rows}::int
      for update skip locked
    ))
    returning id`

const deleteInvites = (sql: Sql) =>
  sql`
    delete from iam.invite
    where id = any(array(
      select id from iam.invite where expires_at < now() - interval '30 days'
      order by expires_at
      limit ${max_rows}::int
      for update skip locked
    ))
    returning id`
