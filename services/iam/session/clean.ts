import type { Database, Sql } from "#kernel/database/database.ts"

const max_tokens = 1_000

/** Removes refresh tokens that ended a day ago, and sessions whose last one went. Answers whether there may be more. */
export const cleanSessions = (database: Database) => (): Promise<boolean> =>
  database.tx(async (sql) => {
    const gone = await deleteTokens(sql)
    if (gone.length > 0) await deleteSessions(sql)
    return gone.length === max_tokens
  })

const deleteTokens = (sql: Sql) =>
  sql`
    delete from iam.refresh_token
    where hash = any(array(
      select hash from iam.refresh_token
      where expires_at < now() - interval '1 day'
      order by expires_at
      limit ${max_tokens}::int
      for update skip locked
    ))
    returning hash`

/** A session gets its first token in the transaction that makes it, so one without any is over. */
const deleteSessions = (sql: Sql) =>
  sql`
    delete from iam.session
    where created_at < now() - interval '1 day'
      and not exists (select from iam.refresh_token where session_id = session.id)`

/** Access tokens live 15 minutes; what became of them earlier matters to nobody. */
export const cleanRevocations = (database: Database) => async (): Promise<boolean> => {
  const gone = await database.run(deleteRevocations)
  return gone.length === max_tokens
}

const deleteRevocations = (sql: Sql) =>
  sql`
    delete from iam.revocation
    where id = any(array(
      select id from iam.revocation where at < now() - interval '20 minutes' order by at limit ${max_tokens}::int
    ))
    returning id`
