import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { findSchedule } from "../schedule/show.ts"
import type { Fire } from "./shape.ts"

export type ListFires = {
  readonly name: string
  readonly status?: string | undefined
  readonly limit: number
  /** Only earlier times. */
  readonly cursor?: string | undefined
}

/** Every time that was due, latest first, and why there is a run for it or not. */
export const listFires =
  (database: Database) =>
  async (actor: Actor, { name, status, limit, cursor }: ListFires): Promise<PageOf<Fire>> => {
    allow(actor, "workflow.read")
    const { id } = await findSchedule(database, actor, name)
    const filter = { schedule_id: id, status: status ?? null, before: cursor ?? null, limit: limit + 1 }
    const rows = await database.run((sql) => readFires(sql, filter))
    return pageOf(rows.map(fireOf), limit, ({ fire_at }) => fire_at)
  }

type FireRow = Omit<Fire, "fire_at" | "until" | "decided_at"> & {
  readonly fire_at: Date
  readonly until: Date | null
  readonly decided_at: Date
}

const fireOf = ({ fire_at, until, decided_at, ...row }: FireRow): Fire => ({
  ...row,
  fire_at: fire_at.toISOString(),
  until: until?.toISOString() ?? null,
  decided_at: decided_at.toISOString(),
})

type FiresFilter = {
  readonly schedule_id: string
  readonly status: string | null
  readonly before: string | null
  readonly limit: number
}

const readFires = (sql: Sql, { schedule_id, status, before, limit }: FiresFilter) =>
  sql<FireRow>`
    select fire_at, kind, status, reason, until, run_id, decided_at
    from workflow.fire
    where schedule_id = ${schedule_id}::text::uuid and (${status}::text is null or status = ${status}::text)
      and (${before}::text is null or fire_at < ${before}::text::timestamptz)
    order by fire_at desc
    limit ${limit}::int`
