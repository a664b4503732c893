import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import type { Credentials } from "../user/credentials.ts"
import { addRefreshToken, grantOf } from "./grant.ts"
import type { Grant } from "./shape.ts"

/** The answer, and the time it takes, are the same for a wrong password and an unknown address. */
export const login =
  (iam: Iam) =>
  async ({ email, password }: Credentials): Promise<Grant> => {
    const { database, kit, passwords } = iam
    const known = await database.run((sql) => readAccount(sql, email))
    const matches = await passwords.verify(password, known?.hash ?? undefined)
    if (!matches || !known) throw new Problem("auth.wrong_credentials")
    const { user_id, workspace_id, role } = known
    const session_id = kit.id()
    const refresh_token = await database.tx(async (sql) => {
      await insertSession(sql, { id: session_id, user_id, workspace_id })
      return addRefreshToken(sql, session_id)
    })
    return grantOf(iam, { session_id, user_id, email, workspace_id, role }, refresh_token)
  }

type Account = {
  readonly user_id: string
  readonly hash: string | null
  readonly workspace_id: string
  readonly role: string
}

/** One signs in to the workspace one has been in for longest. */
const readAccount = async (sql: Sql, email: string): Promise<Account | undefined> => {
  const [row] = await sql<Account>`
    select user_account.id as user_id, hash, workspace_id, role
    from iam.user_account
      join iam.member on member.user_id = user_account.id
      left join iam.password on password.user_id = user_account.id
    where email = ${email}
    order by member.created_at, workspace_id
    limit 1`
  return row
}

type NewSession = { readonly id: string; readonly user_id: string; readonly workspace_id: string }

const insertSession = (sql: Sql, { id, user_id, workspace_id }: NewSession) =>
  sql`
    insert into iam.session (id, user_id, workspace_id)
    values (${id}::text::uuid, ${user_id}::text::uuid, ${workspace_id}::text::uuid)`
