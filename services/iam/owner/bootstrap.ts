import type { Database, Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { record } from "../audit/record.ts"
import { insertToken } from "../token/insert.ts"
import { createUser } from "../user/create.ts"
import { createWorkspace, first_slug } from "../workspace/create.ts"

const owner = { email: "owner@localhost", name: "Owner" } as const
const token_name = "wf up"

/**
 * A token of the owner of the first workspace, who is made if there is nobody yet. Each call gives a new
 * token and ends the one before, so call it when the token's file is not there.
 */
export const bootstrapOwner = (database: Database, kit: Kit): Promise<string> =>
  database.tx(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('iam.owner', 0))`
    const known = await findOwner(sql)
    const { user_id, workspace_id } = known ?? (await createOwner(sql, kit))
    await revokeEarlier(sql, user_id)
    const wanted = {
      id: kit.id(),
      user_id,
      workspace_id,
      name: token_name,
      expires_at: null,
      all_workspaces: true,
      role: null,
      scopes: null,
      queues: null,
    }
    const { token } = await insertToken(sql, wanted)
    const doer = { kind: "service", user_id: null, email: "" } as const
    const subject = { kind: "token", id: wanted.id, name: token_name }
    await record(sql, doer, { action: "token.created", of: { workspace_id }, subject })
    if (!known) {
      await emit(sql, [{ type: "user.registered", key: user_id, data: { user_id, ...owner } }])
    }
    return token
  })

type Owner = { readonly user_id: string; readonly workspace_id: string }

/** The owner who is there for longest, who may also have registered. */
const findOwner = async (sql: Sql): Promise<Owner | undefined> => {
  const [row] = await sql<Owner>`
    select user_id, workspace_id
    from iam.member join iam.workspace on workspace.id = workspace_id
      join iam.user_account on user_account.id = user_id
    where slug = ${first_slug} and role = 'owner'
      and member.suspended_at is null and user_account.suspended_at is null
    order by member.created_at, user_id
    limit 1`
  return row
}

const createOwner = async (sql: Sql, kit: Kit): Promise<Owner> => {
  const user = await createUser(sql, { id: kit.id(), ...owner, verified: false })
  if (!user) throw new Error(`${owner.email} is registered, but owns no workspace \`${first_slug}\`.`)
  const workspace = await createWorkspace(sql, { id: kit.id(), user_id: user.id, name: owner.name })
  return { user_id: user.id, workspace_id: workspace.id }
}

const revokeEarlier = (sql: Sql, user_id: string) =>
  sql`
    update iam.api_token set revoked_at = now()
    where user_id = ${user_id}::text::uuid and name = ${token_name} and revoked_at is null`
