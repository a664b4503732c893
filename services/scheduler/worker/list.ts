import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { functionsIn } from "#language/slots.ts"
import type { Worker } from "./shape.ts"

export type ListWorkers = { readonly cursor?: string | undefined; readonly limit: number }

/** Those that live first, then those that have gone, the latest first; a worker is new at each start. */
export const listWorkers =
  (database: Database) =>
  async (actor: Actor, wanted: ListWorkers): Promise<PageOf<Worker>> => {
    allow(actor, "worker.read")
    const rows = await database.run((sql) => readWorkers(sql, actor.workspace_id, wanted))
    const { items, next_cursor } = pageOf(rows, wanted.limit, ({ ended, id }) => `${ended ? 1 : 0}.${id}`)
    return { items: items.map(workerOf), next_cursor }
  }

type Row = Omit<Worker, "status" | "started_at" | "last_seen_at" | "functions"> & {
  readonly takes: readonly string[]
  readonly draining: boolean
  readonly ended: boolean
  readonly gone: boolean
  readonly started_at: Date
  readonly last_seen_at: Date
}

const statusOf = ({ gone, draining, busy }: Row): Worker["status"] => {
  if (gone) return "gone"
  if (draining) return "draining"
  return busy > 0 ? "busy" : "idle"
}

const workerOf = (row: Row): Worker => {
  const { draining: _draining, ended: _ended, gone: _gone, queues, types, takes, ...rest } = row
  const started_at = row.started_at.toISOString()
  const last_seen_at = row.last_seen_at.toISOString()
  const lists = { queues: [...queues], types: [...types], functions: functionsIn(takes) }
  return { ...rest, ...lists, status: statusOf(row), started_at, last_seen_at }
}

/** The platform's, and the workspace's own. One whose lease is over has gone, also before the sweep has ended its session. */
const readWorkers = (sql: Sql, workspace_id: string, { cursor, limit }: ListWorkers) => {
  const last_ended = cursor?.slice(0, 1) ?? null
  const last_id = cursor?.slice(2) ?? null
  return sql<Row>`
    select session.id, name, queues, labels, types, takes, workspace_id is not null as remote, slots, inline_slots, draining, ended,
      ended or lease_until < now() as gone, coalesce(held.open, 0) as busy, started_at, last_seen_at
    from scheduler.session
    left join (
      select session_id, sum(open)::int as open from scheduler.claim group by session_id
    ) as held on held.session_id = session.id
    where (workspace_id is null or workspace_id = ${workspace_id}::text::uuid)
      and (${last_id}::text is null or ended::int > ${last_ended}::text::int
        or (ended::int = ${last_ended}::text::int and session.id < ${last_id}::text::uuid))
    order by ended, session.id desc
    limit ${limit + 1}::int`
}
