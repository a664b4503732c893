import type { Database, Sql } from "#kernel/database/database.ts"
import { isId } from "../workspace/context.ts"

type Verified = {
  readonly known: boolean
  readonly email: string
  readonly name: string
  readonly verified: boolean
  readonly service_account: boolean
}

/** Who somebody is, for other services; undefined when there is nobody with that id. */
export const verifyUser =
  (database: Database) =>
  async (user_id: string): Promise<Verified | undefined> =>
    isId(user_id) ? database.run((sql) => readUser(sql, user_id)) : undefined

const readUser = async (sql: Sql, user_id: string): Promise<Verified | undefined> => {
  const [row] = await sql<Verified>`
    select true as known, email, name, verified_at is not null as verified,
      exists (select from iam.service_account where service_account.user_id = user_account.id) as service_account
    from iam.user_account where id = ${user_id}::text::uuid`
  return row
}
