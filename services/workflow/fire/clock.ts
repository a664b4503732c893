import type { Sql } from "#kernel/database/database.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Starting } from "../run/starter.ts"

/** What is due goes by one clock, the database's, so that instances whose clocks differ agree. */
export type ReadNow = (sql: Sql) => Promise<number>

export const databaseNow: ReadNow = async (sql) => {
  const [row] = await sql<{ now: Date }>`select clock_timestamp() as now`
  if (!row) throw new Error("the clock gave no time")
  return row.now.getTime()
}

export type Firing = Starting & { readonly log: Log; readonly readNow: ReadNow }

export const iso = (at_ms: number): string => new Date(at_ms).toISOString()

export const isoOrNull = (at_ms: number | null | undefined): string | null =>
  at_ms === null || at_ms === undefined ? null : iso(at_ms)
