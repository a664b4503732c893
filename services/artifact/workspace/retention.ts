import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { checkKeepDays, type Retention, retentionOf } from "#kernel/http/retention.ts"
import type { ArtifactStore } from "../store.ts"

export const showArtifactRetention =
  ({ database, max_keep_days }: ArtifactStore) =>
  async (actor: Actor): Promise<Retention> => {
    allow(actor, "artifact.read")
    const own = await database.run((sql) => readKeepDays(sql, actor.workspace_id))
    return retentionOf(own, max_keep_days)
  }

export const setArtifactRetention =
  ({ database, max_keep_days }: ArtifactStore) =>
  async (actor: Caller, { keep_days }: { readonly keep_days: number | null }): Promise<Retention> => {
    allow(actor, "retention.set")
    checkKeepDays(keep_days, max_keep_days)
    const { workspace_id } = actor
    await database.tx(async (sql) => {
      await saveKeepDays(sql, workspace_id, keep_days)
      const subject = { kind: "retention", id: workspace_id, name: "artifacts" }
      await record(sql, actor, [{ action: "retention.changed", subject, details: { keep_days } }])
    })
    return retentionOf(keep_days, max_keep_days)
  }

const readKeepDays = async (sql: Sql, workspace_id: string): Promise<number | null> => {
  const [row] = await sql<{ keep_days: number | null }>`
    select keep_days from artifact.usage where workspace_id = ${workspace_id}::text::uuid`
  return row?.keep_days ?? null
}

const saveKeepDays = (sql: Sql, workspace_id: string, keep_days: number | null) =>
  sql`
    insert into artifact.usage (workspace_id, bytes, files, keep_days)
    values (${workspace_id}::text::uuid, 0, 0, ${keep_days}::int)
    on conflict (workspace_id) do update set keep_days = excluded.keep_days`

const max_files = 500

/** Files that are older than their workspace, or the platform, keeps them are left to the sweep. Some a round. */
export const expireOld =
  ({ database, max_keep_days }: ArtifactStore) =>
  async (): Promise<boolean> => {
    const hidden = await database.run(
      (sql) => sql`
        update artifact.artifact set status = 'pending', reserved_bytes = 0, alive_until = now()
        where id = any(array(
          select old.id
          from artifact.usage as it
          cross join lateral (
            select id from artifact.artifact
            where workspace_id = it.workspace_id and status = 'stored'
              and created_at < now() - least(it.keep_days, ${max_keep_days}::int) * interval '1 day'
            limit ${max_files}::int
          ) as old
          where it.files > 0
          limit ${max_files}::int
        )) and status = 'stored'
        returning id`,
    )
    return hidden.length === max_files
  }
