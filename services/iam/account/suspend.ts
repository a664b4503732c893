import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { refuseEnding } from "../member/reach.ts"
import { distrust, revokeAllSessions } from "../session/revoke.ts"
import { enterToChange } from "../workspace/enter.ts"
import { isFirst } from "../workspace/first.ts"
import { type Account, type AccountRow, accountOf } from "./shape.ts"

/** Signing in waits for this row, and finds what became of it. */
const lockAccount = async (sql: Sql, account_id: string): Promise<Account | undefined> => {
  const [row] = await sql<AccountRow>`
    select id, email, name, created_at, suspended_at from iam.user_account
    where id = ${account_id}::text::uuid
    for no key update`
  return row && accountOf(row)
}

const setSuspended = async (sql: Sql, account_id: string, suspended: boolean): Promise<Account> => {
  const [row] = await sql<AccountRow>`
    update iam.user_account set suspended_at = case when ${suspended}::bool then now() end
    where id = ${account_id}::text::uuid
    returning id, email, name, created_at, suspended_at`
  if (!row) throw new Error(`account ${account_id} is gone, which none ever is`)
  return accountOf(row)
}

/** Operators come after each other, so that no two suspend one another; for anybody else there are no accounts. */
const enterAsOperator = async (sql: Sql, actor: Caller, account_id: string): Promise<Account> => {
  allow(actor, "account.manage")
  const there = await enterToChange(sql, actor, actor.workspace_id)
  allow(there, "account.manage")
  const account = (await isFirst(sql, there.workspace_id)) ? await lockAccount(sql, account_id) : undefined
  if (!account) throw new Problem("account.not_found", { detail: `You know of no account ${account_id}.` })
  return account
}

const subjectOf = ({ id, email: name }: Account) => ({ kind: "user", id, name })

/**
 * Keeps somebody out of the platform within a second: their sessions end for good, and their API tokens open nothing until they are
 * let in again. Doing it twice is fine.
 */
export const suspendAccount =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, account_id: string): Promise<Account> =>
    database.tx(async (sql) => {
      const account = await enterAsOperator(sql, actor, account_id)
      if (account.id === actor.user_id) throw new Problem("suspension.own")
      if (account.suspended_at !== null) return account
      const suspended = await setSuspended(sql, account_id, true)
      const of = { workspace_id: actor.workspace_id }
      await record(sql, actor, { action: "account.suspended", of, subject: subjectOf(account) })
      await revokeAllSessions(sql, account_id, kit.now())
      return suspended
    })

/** Lets them in again: they sign in anew, and their API tokens work as before. */
export const resumeAccount =
  ({ database }: Pick<Iam, "database">) =>
  (actor: Caller, account_id: string): Promise<Account> =>
    database.tx(async (sql) => {
      const account = await enterAsOperator(sql, actor, account_id)
      refuseEnding(actor)
      if (account.suspended_at === null) return account
      const resumed = await setSuspended(sql, account_id, false)
      await distrust(sql, [account_id])
      const of = { workspace_id: actor.workspace_id }
      await record(sql, actor, { action: "account.resumed", of, subject: subjectOf(account) })
      return resumed
    })
