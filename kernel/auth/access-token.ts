import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose"
import { recent } from "#kernel/service/recent.ts"
import type { Actor } from "./actor.ts"
import { isRole } from "./permissions.ts"

export const access_token = { issuer: "wf-iam", audience: "wf", type: "at+jwt", algorithm: "ES256" } as const

type KeySet = ReturnType<typeof createLocalJWKSet>

/** An unknown key id asks identity for new keys, but not more often than this. */
const key_refresh_ms = 5_000
/** Keys are asked for anew after this, so that one that was taken away isn't believed for ever. */
const max_keys_age_ms = 60_000

const keyIdOf = (token: string): string | undefined => {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

const keyRing = (loadKeys: () => Promise<string>, clock: () => number) => {
  let keys: { set: KeySet; ids: ReadonlySet<string>; at_ms: number } | undefined
  const load = async () => {
    const parsed = JSON.parse(await loadKeys()) as { keys: { kid: string }[] }
    keys = {
      set: createLocalJWKSet(parsed as Parameters<typeof createLocalJWKSet>[0]),
      ids: new Set(parsed.keys.map((key) => key.kid)),
      at_ms: clock(),
    }
    return keys
  }
  /** Identity that is away is missed elsewhere; its keys stay what they were. */
  const known = async () => {
    if (!keys) return load()
    return clock() - keys.at_ms < max_keys_age_ms ? keys : load().catch(() => keys ?? load())
  }
  return async (key_id: string): Promise<KeySet | undefined> => {
    const current = await known()
    if (current.ids.has(key_id)) return current.set
    if (clock() - current.at_ms < key_refresh_ms) return undefined
    const fresh = await load()
    return fresh.ids.has(key_id) ? fresh.set : undefined
  }
}

/** A signature is checked now and then, and not for each request that comes with the token; never beyond its end. */
type Verified = { readonly actor: Actor; readonly until_ms: number }

const trusted_ms = 10_000

/** Since 1970, as `exp` counts. */
const now_ms = (): number => performance.timeOrigin + performance.now()
const max_verified = 10_000

/** Undefined when the token is not one of ours, or no longer. `loadKeys` gives the JWK set as JSON. */
export type VerifyAccessToken = (token: string) => Promise<Actor | undefined>

export const accessTokenVerifier = (
  loadKeys: () => Promise<string>,
  clock = () => performance.now(),
): VerifyAccessToken => {
  const keysFor = keyRing(loadKeys, clock)
  const verified = recent<Verified>(max_verified)
  return async (token) => {
    const seen = verified.get(token)
    if (seen && now_ms() < seen.until_ms) return seen.actor
    const key_id = keyIdOf(token)
    const keys = key_id === undefined ? undefined : await keysFor(key_id)
    if (!keys) return undefined
    const { issuer, audience, type, algorithm } = access_token
    const requiredClaims = ["exp", "sub", "jti", "email", "workspace_id", "session_id"]
    const options = { issuer, audience, typ: type, algorithms: [algorithm], requiredClaims }
    const claims = (await jwtVerify(token, keys, options).catch(() => undefined))?.payload
    if (!claims || !isRole(claims.role)) return undefined
    const actor: Actor = {
      kind: "user",
      user_id: String(claims.sub),
      email: String(claims.email),
      workspace_id: String(claims.workspace_id),
      role: claims.role,
      grant_id: String(claims.session_id),
      ...(claims.archived === true && { archived: true }),
    }
    const until_ms = Math.min(Number(claims.exp) * 1_000, now_ms() + trusted_ms)
    verified.keep(token, { actor, until_ms })
    return actor
  }
}
