import { accessTokenVerifier } from "#kernel/auth/access-token.ts"
import type { Actor } from "#kernel/auth/actor.ts"
import { api_token_prefix } from "#kernel/auth/authenticate.ts"
import { isAbove, type Permission, type Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { refuseSuspended, type Standing } from "../account/refuse.ts"
import type { Iam } from "../iam.ts"
import { hashOf } from "./secret.ts"

type Validate = { readonly token: string; readonly workspace: string }

/** Who holds a token, and as what in which workspace; undefined when it is not valid, or not any more. */
export const validateToken = ({ database, keys }: Pick<Iam, "database" | "keys">) => {
  const verify = accessTokenVerifier(() => Promise.resolve(keys.jwks))
  return async ({ token, workspace }: Validate): Promise<Actor | undefined> => {
    if (token.startsWith(api_token_prefix)) {
      const hash = await hashOf(token)
      const found = await database.run((sql) => findToken(sql, hash, workspace))
      if (!found) return undefined
      const { slug, workspace_id, role, most, scopes, queues, expires_at, ...rest } = found
      const { account_suspended, suspended, ...actor } = rest
      // Others than these are bound to their workspace: they open no other, though the holder may be a member there.
      if (workspace !== "" && workspace !== slug) throw notFound(workspace)
      refuseSuspended({ account_suspended, suspended })
      if (workspace_id === null || role === null) return undefined
      const capped = most !== null
      return {
        kind: "token",
        ...actor,
        workspace_id,
        role: capped && isAbove(role, most) ? most : role,
        capped,
        ...(scopes && { scopes }),
        ...(queues && { queues }),
        ...(expires_at && { expires_at: expires_at.toISOString() }),
      }
    }
    const claimed = await verify(token)
    if (!claimed) return undefined
    const found = await database.run((sql) => findMember(sql, claimed, workspace))
    if (!found) return undefined
    const { workspace_id, role, email, archived } = found
    refuseSuspended(found)
    if (workspace_id === null || role === null) {
      if (workspace === "") return undefined
      throw notFound(workspace)
    }
    return { ...claimed, email, workspace_id, role, archived }
  }
}

const notFound = (workspace: string) =>
  new Problem("workspace.not_found", { detail: `You have no workspace ${workspace.slice(0, 100)}.` })

type TokenHolder = Omit<Actor, "kind" | "workspace_id" | "role" | "scopes" | "queues" | "expires_at"> &
  Membership & {
    readonly most: Role | null
    readonly slug: string | null
    readonly scopes: readonly Permission[] | null
    readonly queues: readonly string[] | null
    readonly expires_at: Date | null
  }

/** `last_used_at` is written once a minute at most. */
const findToken = async (sql: Sql, hash: Uint8Array, wanted: string): Promise<TokenHolder | undefined> => {
  const [row] = await sql<TokenHolder>`
    with found as (
      select api_token.id, api_token.user_id, own.workspace_id, own.role, api_token.role as most, email, slug, archived, last_used_at, all_workspaces, scopes, queues, api_token.expires_at,
        user_account.suspended_at is not null as account_suspended, coalesce(own.suspended, false) as suspended
      from iam.api_token
        join iam.user_account on user_account.id = api_token.user_id
        left join lateral (
          select member.workspace_id, role, slug, archived_at is not null as archived,
            member.suspended_at is not null as suspended
          from iam.member join iam.workspace on workspace.id = member.workspace_id
          where member.user_id = api_token.user_id
            and case when all_workspaces and ${wanted}::text <> '' then slug = ${wanted}::text
              else workspace.id = api_token.workspace_id end
        ) own on true
      where hash = ${hash} and revoked_at is null and (expires_at is null or expires_at > now())
    ),
    touched as (
      update iam.api_token set last_used_at = now()
      where id = (select id from found where last_used_at is null or last_used_at < now() - interval '1 minute')
    )
    select id as grant_id, user_id, email, workspace_id, role, most, slug, coalesce(archived, false) as archived,
      all_workspaces, scopes, queues, expires_at, account_suspended, suspended
    from found`
  return row
}

type Membership = Standing & {
  readonly email: string
  readonly workspace_id: string | null
  readonly role: Actor["role"] | null
  readonly archived: boolean
}

/** The session's row must be open; the membership is null where the caller is no member. */
const findMember = async (sql: Sql, claimed: Actor, slug: string): Promise<Membership | undefined> => {
  const { user_id, workspace_id, grant_id } = claimed
  const [row] = await sql<Membership>`
    select email, own.workspace_id, own.role, coalesce(own.archived, false) as archived,
      user_account.suspended_at is not null as account_suspended, coalesce(own.suspended, false) as suspended
    from iam.session
      join iam.user_account on user_account.id = session.user_id
      left join lateral (
        select member.workspace_id, role, archived_at is not null as archived,
          member.suspended_at is not null as suspended
        from iam.member join iam.workspace on workspace.id = member.workspace_id
        where member.user_id = session.user_id
          and case when ${slug}::text = '' then workspace.id = ${workspace_id}::text::uuid else slug = ${slug}::text end
      ) own on true
    where session.id = ${grant_id}::text::uuid and session.user_id = ${user_id}::text::uuid and revoked_at is null`
  return row
}
