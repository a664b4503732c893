import type { Database, Sql } from "#kernel/database/database.ts"

const max_devices = 1_000

/** Removes devices that nobody let in in time. Answers whether there may be more. */
export const cleanDevices = (database: Database) => async (): Promise<boolean> => {
  const gone = await database.run(deleteExpired)
  return gone.length === max_devices
}

const deleteExpired = (sql: Sql) =>
  sql`
    delete from iam.device_login
    where hash = any(array(
      select hash from iam.device_login where expires_at <= now() order by expires_at limit ${max_devices}::int
      for update skip locked
    ))
    returning hash`
