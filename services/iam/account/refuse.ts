import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** Whether somebody is kept out: of the platform, or of the workspace that it is about. */
export type Standing = { readonly account_suspended: boolean; readonly suspended: boolean }

/** Who has shown who they are is told why they don't come in; nobody else hears of it. */
export const refuseSuspended = ({ account_suspended, suspended = false }: Partial<Standing>): void => {
  if (account_suspended) throw new Problem("account.suspended")
  if (suspended) throw new Problem("member.suspended")
}

/** The row is held, so that who is suspended at this moment either isn't let in, or is signed out by that. */
export const refuseSuspendedAccount = async (sql: Sql, user_id: string): Promise<void> => {
  const [row] = await sql<{ account_suspended: boolean }>`
    select suspended_at is not null as account_suspended
    from iam.user_account where id = ${user_id}::text::uuid
    for share`
  refuseSuspended(row ?? {})
}
