import type { Sql } from "#kernel/database/database.ts"

export type Lease = {
  readonly reader: string
  readonly holder: string
  readonly lease_ms: number
}

/** Takes or renews the sole right to read on. Two may hold it after a pause; that only duplicates. */
export const takeLease = async (sql: Sql, { reader, holder, lease_ms }: Lease): Promise<boolean> => {
  const rows = await sql.statement(
    `insert into "${sql.schema}".reader as it (name, holder, lease_until)
     values ($1, $2::text::uuid, now() + $3::int * interval '1 ms')
     on conflict (name) do update set holder = excluded.holder, lease_until = excluded.lease_until
     where it.holder is null or it.holder = excluded.holder or it.lease_until < now()
     returning 1`,
    [reader, holder, lease_ms],
  )
  return rows.length > 0
}

export const giveLeaseBack = async (sql: Sql, { reader, holder }: Lease): Promise<void> => {
  await sql.statement(
    `update "${sql.schema}".reader set holder = null where name = $1 and holder = $2::text::uuid`,
    [reader, holder],
  )
}
