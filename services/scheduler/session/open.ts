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
}

/** A worker is known by a session, new at every start; opening the same one twice is fine. */
export const openSession =
  (engine: Engine) =>
  async (session: OpenSession): Promise<void> => {
    await engine.hot.run((sql) => insertSession(sql, session))
    engine.sessions.keep(session.session_id, { queues: session.queues })
  }

const insertSession = async (sql: Sql, session: OpenSession): Promise<void> => {
  await sql`
    insert into scheduler.session (id, name, queues, slots, inline_slots, labels, types, lease_until)
    values (
      ${session.session_id}::text::uuid, ${session.name}, ${list(session.queues)}::text::text[], ${session.slots}::int,
      ${session.inline_slots}::int, ${json(session.labels)}::text::json, ${list(session.types)}::text::text[],
      now() + ${lease_ms}::int * interval '1 millisecond'
    )
    on conflict (id) do nothing`
}
