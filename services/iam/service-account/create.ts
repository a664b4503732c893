import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { memberChanged } from "../member/changed.ts"
import { insertMember } from "../member/insert.ts"
import { refuseBeyond } from "../member/reach.ts"
import { createUser } from "../user/create.ts"
import { enterToChange } from "../workspace/enter.ts"
import { readWorkspace } from "../workspace/show.ts"
import type { NewServiceAccount, ServiceAccount } from "./shape.ts"

const max_accounts = 200
const tail_chars = 8

/** A member that is a program. Nobody signs in as it: it has tokens, which those make who manage members. */
export const createServiceAccount =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  (actor: Caller, workspace_id: string, { name, role }: NewServiceAccount): Promise<ServiceAccount> =>
    database.tx(async (sql) => {
      const there = await enterToChange(sql, actor, workspace_id)
      allow(there, "member.manage")
      refuseBeyond(there, role)
      if ((await countAccounts(sql, workspace_id)) >= max_accounts) {
        throw new Problem("workspace.too_many", { detail: `There are ${max_accounts} service accounts.` })
      }
      const { slug } = await readWorkspace(sql, there)
      const id = kit.id()
      // Of a domain that there never is, so that no mail gets there and nobody proves it to be theirs.
      const email = `${name}-${id.slice(-tail_chars)}@${slug}.service.invalid`
      await createUser(sql, { id, email, name, verified: false })
      await insertMember(sql, { workspace_id, user_id: id, role })
      const { user_id: created_by } = actor
      const created_at = await insertAccount(sql, { id, workspace_id, name, created_by })
      if (!created_at) throw new Problem("service_account.exists", { detail: `${name} is there already.` })
      const subject = { kind: "service_account", id, name }
      await record(sql, actor, {
        action: "service_account.created",
        of: { workspace_id },
        subject,
        details: { role },
      })
      await emit(sql, [memberChanged({ workspace_id, user_id: id, email, role }, kit.now())])
      return { id, name, email, role, created_by, created_at: created_at.toISOString(), last_used_at: null }
    })

const countAccounts = async (sql: Sql, workspace_id: string): Promise<number> => {
  const [row] = await sql<{ count: number }>`
    select count(*)::int as count from iam.service_account where workspace_id = ${workspace_id}::text::uuid`
  return row?.count ?? 0
}

type NewRow = {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  readonly created_by: string
}

/** Undefined when the name is taken. */
const insertAccount = async (sql: Sql, { id, workspace_id, name, created_by }: NewRow) => {
  const [row] = await sql<{ created_at: Date }>`
    insert into iam.service_account (user_id, workspace_id, name, created_by)
    values (${id}::text::uuid, ${workspace_id}::text::uuid, ${name}, ${created_by}::text::uuid)
    on conflict (workspace_id, name) do nothing
    returning created_at`
  return row?.created_at
}
