import type { Database, Sql } from "#kernel/database/database.ts"
import { systemKit } from "#kernel/service/kit.ts"

type Terms = {
  readonly lease_ms: number
  /** Nobody else reads here at the same time, so whoever holds the right is dead. */
  readonly is_alone?: boolean
}

type Lease = Required<Terms> & { readonly reader: string; readonly holder: string }

const take = async (sql: Sql, { reader, holder, lease_ms, is_alone }: Lease): Promise<boolean> => {
  const rows = await sql.statement(
    `insert into "${sql.schema}".reader as it (name, holder, lease_until)
     values ($1, $2::text::uuid, now() + $3::int * interval '1 ms')
     on conflict (name) do update set holder = excluded.holder, lease_until = excluded.lease_until
     where it.holder is null or it.holder = excluded.holder or it.lease_until < now() or $4::text::boolean
     returning 1`,
    [reader, holder, lease_ms, String(is_alone)],
  )
  return rows.length > 0
}

const giveBack = async (sql: Sql, { reader, holder }: Lease): Promise<void> => {
  await sql.statement(
    `update "${sql.schema}".reader set holder = null where name = $1 and holder = $2::text::uuid`,
    [reader, holder],
  )
}

export type ReadingRight = {
  /** `taken`: only just, so that what was read before may be outdated. */
  hold(): Promise<"held" | "taken" | "others">
  giveBack(): Promise<void>
}

/**
 * The sole right to bring a reader forward, for those who handle outside a transaction. Two may believe to hold it
 * after a pause; that only duplicates.
 */
export const readingRight = (database: Database, reader: string, terms: Terms): ReadingRight => {
  const { lease_ms } = terms
  const lease = { is_alone: false, ...terms, reader, holder: systemKit().id() }
  let is_held = false
  let asked_at = Number.NEGATIVE_INFINITY
  return {
    async hold() {
      const passed_ms = performance.now() - asked_at
      if (passed_ms < lease_ms / 3) return is_held ? "held" : "others"
      const wasHeld = is_held && passed_ms < lease_ms
      asked_at = performance.now()
      is_held = await database.run((sql) => take(sql, lease))
      if (!is_held) return "others"
      return wasHeld ? "held" : "taken"
    },
    async giveBack() {
      is_held = false
      asked_at = Number.NEGATIVE_INFINITY
      await database.run((sql) => giveBack(sql, lease))
    },
  }
}
