import type { Sql } from "#kernel/database/database.ts"
import { hashOf } from "../token/secret.ts"

const lifetime_h = 24

export type NewRegistration = {
  readonly token: string
  readonly email: string
  readonly name: string
  readonly password_hash: string
}

/** A letter that goes out once more leads to the same. */
export const insertRegistration = async (sql: Sql, { token, email, name, password_hash }: NewRegistration) =>
  sql`
    insert into iam.registration (hash, email, name, password_hash, expires_at)
    values (${await hashOf(token)}, ${email}, ${name}, ${password_hash}, now() + ${lifetime_h}::int * interval '1 hour')
    on conflict do nothing`
