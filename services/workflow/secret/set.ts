import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Secret } from "./shape.ts"
import type { DataKey, Vault } from "./vault.ts"

const max_secrets = 1_000

export type Secrets = { readonly database: Database; readonly vault: Vault }

export type SetSecret = { readonly name: string; readonly value: string }

export type SecretSet = { readonly secret: Secret; readonly created: boolean }

/** From now on attempts that begin are given this value; those that run keep the one they have. */
export const setSecret =
  ({ database, vault }: Secrets) =>
  async (actor: Caller, { name, value }: SetSecret): Promise<SecretSet> => {
    allow(actor, "secret.write")
    const { workspace_id, user_id } = actor
    const made = await vault.makeKey(workspace_id)
    return database.tx(async (sql) => {
      await insertKey(sql, workspace_id, made)
      const key = await vault.lockKey(sql, workspace_id, "share")
      if (!key) throw new Error("a workspace's key was removed")
      const box = await vault.seal(key, { workspace_id, name }, value)
      const row = await upsertSecret(sql, { workspace_id, name, box, user_id })
      if (row.created) await refuseMore(sql, workspace_id)
      const { created, created_at, updated_at } = row
      const subject = { kind: "secret", id: null, name }
      await record(sql, actor, [{ action: created ? "secret.created" : "secret.changed", subject }])
      return {
        created,
        secret: { name, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() },
      }
    })
  }

const insertKey = (sql: Sql, workspace_id: string, { id, box }: DataKey) =>
  sql`
    insert into workflow.data_key (workspace_id, id, box)
    values (${workspace_id}::text::uuid, ${id}::text::uuid, ${box})
    on conflict (workspace_id) do nothing`

type NewSecret = {
  readonly workspace_id: string
  readonly name: string
  readonly box: Uint8Array
  readonly user_id: string
}

type SecretRow = { readonly created: boolean; readonly created_at: Date; readonly updated_at: Date }

const upsertSecret = async (
  sql: Sql,
  { workspace_id, name, box, user_id }: NewSecret,
): Promise<SecretRow> => {
  const [row] = await sql<SecretRow>`
    insert into workflow.secret (workspace_id, name, box, updated_by)
    values (${workspace_id}::text::uuid, ${name}, ${box}, ${user_id}::text::uuid)
    on conflict (workspace_id, name) do update
    set box = excluded.box, updated_by = excluded.updated_by, updated_at = clock_timestamp()
    returning created_at, updated_at, xmax = 0 as created`
  if (!row) throw new Error("an upsert returned no row")
  return row
}

const refuseMore = async (sql: Sql, workspace_id: string): Promise<void> => {
  const [row] = await sql<{ count: number }>`
    select count(*)::int as count from workflow.secret where workspace_id = ${workspace_id}::text::uuid`
  if ((row?.count ?? 0) <= max_secrets) return
  throw new Problem("request.invalid", { detail: `A workspace has at most ${max_secrets} secrets.` })
}
