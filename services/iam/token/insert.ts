import { api_token_prefix } from "#kernel/auth/authenticate.ts"
import type { Permission, Role } from "#kernel/auth/permissions.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { hashOf, newSecret } from "./secret.ts"
import type { CreatedToken } from "./shape.ts"

export type TokenOf = {
  readonly id: string
  readonly user_id: string
  readonly workspace_id: string
  readonly name: string
  readonly expires_at: Date | null
  readonly all_workspaces: boolean
  readonly role: Role | null
  readonly scopes: readonly Permission[] | null
  readonly queues: readonly string[] | null
}

export const insertToken = async (sql: Sql, wanted: TokenOf): Promise<CreatedToken> => {
  const { id, user_id, workspace_id, name, expires_at, all_workspaces, role, scopes, queues } = wanted
  const token = newSecret(api_token_prefix)
  const [row] = await sql<{ created_at: Date }>`
    insert into iam.api_token (id, hash, user_id, workspace_id, name, expires_at,
      all_workspaces, role, scopes, queues)
    values (${id}::text::uuid, ${await hashOf(token)}, ${user_id}::text::uuid, ${workspace_id}::text::uuid, ${name},
      ${expires_at}::timestamptz, ${all_workspaces}, ${role}, ${scopes && list(scopes)}::text::text[],
      ${queues && list(queues)}::text::text[])
    returning created_at`
  if (!row) throw new Error("inserting a token returned no row")
  const expires = expires_at?.toISOString() ?? null
  return {
    id,
    name,
    created_at: row.created_at.toISOString(),
    expires_at: expires,
    all_workspaces,
    role,
    scopes: scopes && [...scopes],
    queues: queues && [...queues],
    last_used_at: null,
    token,
  }
}
