import type { Caller } from "#kernel/audit/caller.ts"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { refuseAbove } from "../member/reach.ts"
import { refuseMore } from "../token/bound.ts"
import { endOf, queuesOf, scopesOf } from "../token/create.ts"
import { revokeToken } from "../token/delete.ts"
import { insertToken } from "../token/insert.ts"
import { readTokens, tokenOf } from "../token/list.ts"
import type { CreatedToken, NewServiceToken, Token } from "../token/shape.ts"
import { enter, enterToChange } from "../workspace/enter.ts"
import { findAccount, type Which } from "./read.ts"

/** Who manages members may hand out what a service account is, if that isn't above themselves. */
const enterFor = async (sql: Sql, actor: Caller, which: Which) => {
  const there = await enterToChange(sql, actor, which.workspace_id)
  allow(there, "member.manage")
  const account = await findAccount(sql, which)
  refuseAbove(there.role, account.role)
  return { there, account }
}

export const createServiceToken =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (
    actor: Caller,
    which: Which,
    { name, expires_at, scopes, queues }: NewServiceToken,
  ): Promise<CreatedToken> =>
    database.tx(async (sql) => {
      const { there, account } = await enterFor(sql, actor, which)
      const { workspace_id, account_id: user_id } = which
      await refuseMore(sql, { user_id, workspace_id })
      const made = await insertToken(sql, {
        ...{ id: kit.id(), user_id, workspace_id, name, role: null, all_workspaces: false },
        expires_at: endOf(actor, expires_at, kit.now()),
        scopes: scopesOf(there, scopes ?? null),
        queues: queuesOf(there, queues ?? null),
      })
      const subject = { kind: "token", id: made.id, name }
      const details = { service_account: account.name, expires_at: made.expires_at }
      await record(sql, actor, { action: "token.created", of: { workspace_id }, subject, details })
      return made
    })

export const listServiceTokens =
  (database: Database) =>
  (actor: Actor, which: Which, { limit, cursor }: Page): Promise<PageOf<Token>> =>
    database.run(async (sql) => {
      const { workspace_id, account_id: user_id } = which
      // An archived workspace may still be looked at.
      allow({ ...(await enter(sql, actor, workspace_id)), archived: false }, "member.manage")
      await findAccount(sql, which)
      const wanted = { user_id, workspace_id, before: cursor ?? null, limit: limit + 1 }
      return pageOf((await readTokens(sql, wanted)).map(tokenOf), limit, ({ id }) => id)
    })

export const deleteServiceToken =
  ({ database }: Pick<Iam, "database">) =>
  (actor: Caller, which: Which & { readonly token_id: string }): Promise<void> =>
    database.tx(async (sql) => {
      const { account } = await enterFor(sql, actor, which)
      const { workspace_id, account_id: user_id, token_id } = which
      const name = await revokeToken(sql, { user_id, workspace_id }, token_id)
      if (name === undefined) throw new Problem("token.not_found", { detail: `It has no token ${token_id}.` })
      const subject = { kind: "token", id: token_id, name }
      const details = { service_account: account.name }
      await record(sql, actor, { action: "token.deleted", of: { workspace_id }, subject, details })
    })
