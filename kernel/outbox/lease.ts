import type { Sql } from "#kernel/database/database.ts"

export type Lease = {
  readonly reader: string
  readonly holder: string
  readonly lease_ms: number
}

/** Takes or renews the sole right to read on. Two may hold it after a pause; that only duplicates. */
export const takeLease = async (sql: Sql, { reader, holder, lease_ms }: Lease): Promise<boolean> => {
  const rows = await sql`
    insert into reader (name, holder, lease_until)
    values (${reader}, ${holder}::uuid, now() + ${lease_ms}::int * interval '1 ms')
    on conflict (name) do update set holder = excluded.holder, lease_until = excluded.lease_until
    where reader.holder is null or reader.holder = excluded.holder or reader.lease_until < now()
    returning 1`
  return rows.length > 0
}

export const giveLeaseBack = async (sql: Sql, { reader, holder }: Lease): Promise<void> => {
  await sql`update reader set holder = null where name = ${reader} and holder = ${holder}::uuid`
}
