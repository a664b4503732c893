import { SignJWT } from "jose"
import { access_token } from "#kernel/auth/access-token.ts"
import type { Sql } from "#kernel/database/database.ts"
import { access_lifetime_s, type Iam, refresh_lifetime_s } from "../iam.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import type { Grant } from "./shape.ts"

const refresh_prefix = "wfr_"

/** Who signed in, and where: what an access token says. */
export type Holder = {
  readonly session_id: string
  readonly user_id: string
  readonly email: string
  readonly workspace_id: string
  readonly role: string
  readonly archived: boolean
}

/** A new refresh token of the session; the one before it is used up by whoever calls this. */
export const addRefreshToken = async (sql: Sql, session_id: string): Promise<string> => {
  const secret = newSecret(refresh_prefix)
  await sql`
    insert into iam.refresh_token (hash, session_id, expires_at)
    values (${await hashOf(secret)}, ${session_id}::text::uuid,
      now() + ${refresh_lifetime_s}::int * interval '1 second')`
  return secret
}

export const grantOf = async (
  { kit, keys }: Pick<Iam, "kit" | "keys">,
  holder: Holder,
  refresh_token: string,
): Promise<Grant> => {
  const { session_id, user_id, email, workspace_id, role, archived } = holder
  const { signing } = keys
  const issued_s = Math.floor(kit.now().getTime() / 1000)
  const token = await new SignJWT({ email, workspace_id, role, session_id, ...(archived && { archived }) })
    .setProtectedHeader({ alg: access_token.algorithm, typ: access_token.type, kid: signing.id })
    .setIssuer(access_token.issuer)
    .setAudience(access_token.audience)
    .setSubject(user_id)
    .setJti(kit.id())
    .setIssuedAt(issued_s)
    .setExpirationTime(issued_s + access_lifetime_s)
    .sign(signing.key)
  return { access_token: token, refresh_token, token_type: "Bearer", expires_in: access_lifetime_s }
}
