import { json, type Sql } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"

/** As of the time of the change, by the event's id: told again it is the same entry. */
export const keepTold = async (sql: Sql, events: readonly Envelope[]): Promise<void> => {
  const told = events.flatMap((event) => (event.type === "audit.recorded" ? [rowOf(event)] : []))
  if (told.length === 0) return
  await sql`
    insert into iam.audit (id, at, scope, scope_id, actor_kind, actor_id, actor, grant_id, action,
      subject_kind, subject_id, subject, details, address, device)
    select id, at, 'workspace', scope_id, actor_kind, actor_id, actor, grant_id, action,
      subject_kind, subject_id, subject, details, address, device
    from json_to_recordset(${json(told)}::text::json) as given (id uuid, at timestamptz, scope_id uuid,
      actor_kind text, actor_id uuid, actor text, grant_id text, action text, subject_kind text, subject_id text,
      subject text, details json, address text, device text)
    order by id
    on conflict (id) do nothing`
}

const rowOf = ({ id, at, data }: Envelope<"audit.recorded">) => {
  const { action, actor, of, subject, details, address, device } = data
  return {
    ...{ id, at, action, details, address, device, scope_id: of.workspace_id },
    ...{ actor_kind: actor.kind, actor_id: actor.id, actor: actor.email, grant_id: actor.grant_id },
    ...{ subject_kind: subject.kind, subject_id: subject.id, subject: subject.name },
  }
}
