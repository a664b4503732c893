import type { Sql } from "#kernel/database/database.ts"
import { hashOf } from "../token/secret.ts"

const lifetime_min = 60

export const insertReset = async (sql: Sql, user_id: string, token: string) =>
  sql`
    insert into iam.password_reset (hash, user_id, expires_at)
    values (${await hashOf(token)}, ${user_id}::text::uuid, now() + ${lifetime_min}::int * interval '1 minute')
    on conflict do nothing`
