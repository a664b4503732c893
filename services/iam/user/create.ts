import type { Sql } from "#kernel/database/database.ts"
import type { User } from "./shape.ts"

export type NewUser = { readonly id: string; readonly email: string; readonly name: string }

/** Undefined when the address is taken. */
export const createUser = async (sql: Sql, { id, email, name }: NewUser): Promise<User | undefined> => {
  const [row] = await sql<{ created_at: Date }>`
    insert into iam.user_account (id, email, name)
    values (${id}::text::uuid, ${email}, ${name})
    on conflict (email) do nothing
    returning created_at`
  return row && { id, email, name, created_at: row.created_at.toISOString() }
}
