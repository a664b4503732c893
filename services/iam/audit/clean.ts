import type { Database, Sql } from "#kernel/database/database.ts"
import type { Log } from "#kernel/telemetry/log.ts"

const max_entries = 1_000

type Cleaning = { readonly database: Database; readonly log: Log }

/** Removes entries that are older than what is kept. Answers whether there may be more. */
export const cleanAudit =
  ({ database, log }: Cleaning, keep_days: number) =>
  async (): Promise<boolean> => {
    const gone = await database.tx(async (sql) => {
      await sql`select set_config('iam.forgets_audit', 'on', true)`
      return deleteOld(sql, keep_days)
    })
    if (gone > 0) log.info({ event: "audit.forgotten", entries: gone, keep_days })
    return gone === max_entries
  }

/** Locked by whoever cleans, so that two instances don't wait for each other. */
const deleteOld = async (sql: Sql, keep_days: number): Promise<number> => {
  const gone = await sql`
    delete from iam.audit
    where id = any(array(
      select id from iam.audit where at < now() - ${keep_days}::int * interval '1 day'
      order by at
      limit ${max_entries}::int
      for update skip locked
    ))
    returning id`
  return gone.length
}
