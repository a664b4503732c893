import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import type { Credentials } from "../user/credentials.ts"
import { grantOf } from "./grant.ts"
import { openSession } from "./open.ts"
import type { Grant, Origin } from "./shape.ts"

const unknown_origin: Origin = { device: "", address: undefined }

/** The answer, and the time it takes, are the same for a wrong password and an unknown address. */
export const login =
  (iam: Iam) =>
  async ({ email, password }: Credentials, origin: Origin = unknown_origin): Promise<Grant> => {
    const { database, kit, passwords } = iam
    const known = await database.run((sql) => readAccount(sql, email))
    const matches = await passwords.verify(password, known?.hash ?? undefined)
    if (!matches || !known) throw new Problem("auth.wrong_credentials")
    const { user_id, name } = known
    const opened = await database.tx((sql) => openSession(sql, kit, { user_id, email, name, origin }))
    return grantOf(iam, opened.holder, opened.refresh_token)
  }

type Account = { readonly user_id: string; readonly name: string; readonly hash: string | null }

const readAccount = async (sql: Sql, email: string): Promise<Account | undefined> => {
  const [row] = await sql<Account>`
    select user_account.id as user_id, name, hash
    from iam.user_account left join iam.password on password.user_id = user_account.id
    where email = ${email}`
  return row
}
