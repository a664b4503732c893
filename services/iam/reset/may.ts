import type { Sql } from "#kernel/database/database.ts"

/** Whoever is in by a provider alone gets no password: with one they would stay when the provider lets them in no more. */
export const mayReset = async (sql: Sql, user_id: string): Promise<boolean> => {
  const elsewhere = await sql`
    select user_id from iam.external_identity identity
    where user_id = ${user_id}::text::uuid
      and not exists (select from iam.password where password.user_id = identity.user_id)
    limit 1`
  return elsewhere.length === 0
}
