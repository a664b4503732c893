import type { Sql } from "#kernel/database/database.ts"
import type { User } from "./shape.ts"

export type NewUser = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly verified: boolean
}

/** Undefined when the address is taken. */
export const createUser = async (
  sql: Sql,
  { id, email, name, verified }: NewUser,
): Promise<User | undefined> => {
  const [row] = await sql<{ created_at: Date; verified_at: Date | null }>`
    insert into iam.user_account (id, email, name, verified_at)
    values (${id}::text::uuid, ${email}, ${name}, case when ${verified}::bool then now() end)
    on conflict (email) do nothing
    returning created_at, verified_at`
  return (
    row && {
      ...{ id, email, name },
      created_at: row.created_at.toISOString(),
      verified_at: row.verified_at?.toISOString() ?? null,
    }
  )
}
