import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { isFirst, onlyOperators } from "../workspace/first.ts"
import { type Account, type AccountFilter, type AccountRow, accountOf } from "./shape.ts"

/** Everybody whom the platform knows, programs too, newest first. */
export const listAccounts =
  (database: Database) =>
  (actor: Actor, { limit, cursor, ...filter }: AccountFilter & Page): Promise<PageOf<Account>> =>
    database.run(async (sql) => {
      allow(actor, "account.manage")
      if (!(await isFirst(sql, actor.workspace_id))) throw onlyOperators()
      const rows = await readAccounts(sql, { ...filter, before: cursor ?? null, limit: limit + 1 })
      return pageOf(rows.map(accountOf), limit, ({ id }) => id)
    })

type Wanted = AccountFilter & { readonly before: string | null; readonly limit: number }

const readAccounts = (sql: Sql, { email, suspended, before, limit }: Wanted) =>
  sql<AccountRow>`
    select id, email, name, created_at, suspended_at from iam.user_account
    where (${email ?? null}::text is null or email = ${email ?? null}::text)
      and (${suspended ?? null}::text is null or (suspended_at is not null) = (${suspended ?? null}::text = 'true'))
      and (${before}::text is null or id < ${before}::text::uuid)
    order by id desc
    limit ${limit}::int`
