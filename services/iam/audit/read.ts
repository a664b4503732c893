import { type Actor, allow, refuseBound } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { AuditEntry, AuditFilter } from "./shape.ts"

/** Whose entries: the present workspace's, for who may read them, or those of one's own account. */
export const scopeOf = (actor: Actor, { account }: AuditFilter): string => {
  if (account !== "true") {
    allow(actor, "audit.read")
    return actor.workspace_id
  }
  refuseBound(actor)
  return actor.user_id
}

type Wanted = AuditFilter & {
  readonly scope_id: string
  readonly limit: number
  /** Newest first before this one. */
  readonly before?: string | undefined
}

type Row = {
  readonly id: string
  readonly at: Date
  readonly scope: string
  readonly scope_id: string
  readonly actor_kind: string
  readonly actor_id: string | null
  readonly actor: string
  readonly grant_id: string | null
  readonly action: string
  readonly subject_kind: string
  readonly subject_id: string | null
  readonly subject: string
  readonly details: Record<string, unknown>
  readonly address: string | null
  readonly device: string
}

export const entryOf = (row: Row): AuditEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  action: row.action,
  actor: { kind: row.actor_kind, id: row.actor_id, email: row.actor, grant_id: row.grant_id },
  subject: { kind: row.subject_kind, id: row.subject_id, name: row.subject },
  details: row.details,
  workspace_id: row.scope === "workspace" ? row.scope_id : null,
  address: row.address,
  device: row.device,
})

export const readEntries = (sql: Sql, wanted: Wanted) => {
  const { scope_id, action = null, actor = null, since = null, until = null, before = null, limit } = wanted
  return sql<Row>`
    select id, at, scope, scope_id, actor_kind, actor_id, actor, grant_id, action, subject_kind, subject_id,
      subject, details, address, device
    from iam.audit
    where scope_id = ${scope_id}::text::uuid
      and (${action}::text is null or action = ${action}::text)
      and (${actor}::text is null or actor = ${actor}::text)
      and (${since}::text is null or at >= ${since}::text::timestamptz)
      and (${until}::text is null or at < ${until}::text::timestamptz)
      and (${before}::text is null or id < ${before}::text::uuid)
    order by id desc
    limit ${limit}::int`
}
