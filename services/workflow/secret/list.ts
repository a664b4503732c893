import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Secret } from "./shape.ts"

/** Their names; no value is ever shown. */
export const listSecrets =
  (database: Database) =>
  async (actor: Actor, { limit, cursor }: Page): Promise<PageOf<Secret>> => {
    allow(actor, "secret.read")
    const filter = { workspace_id: actor.workspace_id, after: cursor ?? null, limit: limit + 1 }
    const rows = await database.run((sql) => readSecrets(sql, filter))
    const secrets = rows.map(({ name, created_at, updated_at }) => ({
      name,
      created_at: created_at.toISOString(),
      updated_at: updated_at.toISOString(),
    }))
    return pageOf(secrets, limit, ({ name }) => name)
  }

type Filter = { readonly workspace_id: string; readonly after: string | null; readonly limit: number }

const readSecrets = (sql: Sql, { workspace_id, after, limit }: Filter) =>
  sql<{ name: string; created_at: Date; updated_at: Date }>`
    select name, created_at, updated_at from workflow.secret
    where workspace_id = ${workspace_id}::text::uuid and (${after}::text is null or name > ${after}::text)
    order by name
    limit ${limit}::int`

/** Tasks that ask for it fail from now on. */
export const deleteSecret =
  (database: Database) =>
  async (actor: Caller, name: string): Promise<void> => {
    allow(actor, "secret.write")
    await database.tx(async (sql) => {
      const deleted = await sql`
        delete from workflow.secret
        where workspace_id = ${actor.workspace_id}::text::uuid and name = ${name}
        returning name`
      if (deleted.length === 0)
        throw new Problem("secret.not_found", { detail: `There is no secret ${name}.` })
      await record(sql, actor, [{ action: "secret.deleted", subject: { kind: "secret", id: null, name } }])
    })
  }
