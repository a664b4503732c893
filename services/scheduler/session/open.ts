import { json, list, type Sql } from "#kernel/database/database.ts"
import { type Engine, lease_ms } from "../engine.ts"

export type OpenSession = {
  readonly session_id: string
  readonly name: string
  readonly queues: readonly string[]
  readonly slots: number
  readonly inline_slots: number
  readonly labels: Readonly<Record<string, string>>
  readonly types: readonly string[]
  /** Of a remote worker: whose it is, and what it was written for. */
  readonly workspace_id?: string
  readonly takes?: readonly string[]
}

/** A worker is known by a session, new at every start; opening the same one twice is fine. */
export const openSession =
  (engine: Engine) =>
  async (session: OpenSession): Promise<void> => {
    await engine.hot.run((sql) => insertSession(sql, session))
    const { queues, labels, workspace_id = null, takes = [] } = session
    engine.sessions.keep(session.session_id, { queues, labels, workspace_id, takes })
  }

const insertSession = async (sql: Sql, session: OpenSession): Promise<void> => {
  await sql`
    insert into scheduler.session (id, name, queues, slots, inline_slots, labels, types, workspace_id, takes,
      lease_until)
    values (
      ${session.session_id}::text::uuid, ${session.name}, ${list(session.queues)}::text::text[], ${session.slots}::int,
      ${session.inline_slots}::int, ${json(session.labels)}::text::json, ${list(session.types)}::text::text[],
      ${session.workspace_id ?? null}::text::uuid, ${list(session.takes ?? [])}::text::text[],
      now() + ${lease_ms}::int * interval '1 millisecond'
    )
    on conflict (id) do nothing`
}
