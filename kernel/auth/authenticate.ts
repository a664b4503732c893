import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose"
import { Problem } from "#kernel/problem/problem.ts"
import type { Actor } from "./actor.ts"
import { type Role, roles } from "./permissions.ts"

export const access_token = { issuer: "wf-iam", audience: "wf", type: "at+jwt", algorithm: "ES256" } as const

export const api_token_prefix = "wft_"

/** What identity answers; in production over gRPC, embedded in memory. */
export type Identity = {
  /** Undefined when the token is not valid. */
  validate(token: string, workspace: string): Promise<Actor | undefined>
  /** The JWK set as JSON. */
  keys(): Promise<string>
}

export type Credentials = {
  readonly authorization: string | undefined
  readonly workspace: string | undefined
}

export type Authenticate = (credentials: Credentials) => Promise<Actor>

type KeySet = ReturnType<typeof createLocalJWKSet>

/** An unknown key id asks identity for new keys, but not more often than this. */
const key_refresh_ms = 5_000
/** For how long an API token's answer is trusted without asking again. */
const answer_ms = 1_000
const max_answers = 10_000
const max_token_length = 4_096

const tokenOf = (authorization: string | undefined): string => {
  if (authorization === undefined) throw new Problem("auth.required")
  const [scheme = "", value = ""] = authorization.split(" ", 2)
  if (authorization.length > max_token_length) throw new Problem("auth.invalid")
  if (scheme.toLowerCase() === "bearer" && value !== "") return value
  if (scheme.toLowerCase() !== "basic") throw new Problem("auth.required")
  const pair = Buffer.from(value, "base64").toString("utf8")
  return pair.slice(pair.indexOf(":") + 1)
}

const isRole = (text: unknown): text is Role =>
  typeof text === "string" && (roles as readonly string[]).includes(text)

const keyIdOf = (token: string): string | undefined => {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

const keyRing = (identity: Identity) => {
  let keys: { set: KeySet; ids: ReadonlySet<string>; at_ms: number } | undefined
  const load = async () => {
    const parsed = JSON.parse(await identity.keys()) as { keys: { kid: string }[] }
    keys = {
      set: createLocalJWKSet(parsed as Parameters<typeof createLocalJWKSet>[0]),
      ids: new Set(parsed.keys.map((key) => key.kid)),
      at_ms: performance.now(),
    }
    return keys
  }
  return async (key_id: string): Promise<KeySet | undefined> => {
    const current = keys ?? (await load())
    if (current.ids.has(key_id)) return current.set
    if (performance.now() - current.at_ms < key_refresh_ms) return undefined
    const fresh = await load()
    return fresh.ids.has(key_id) ? fresh.set : undefined
  }
}

/** Every service verifies the caller itself; no header from outside is trusted. */
export const authenticator = (identity: Identity): Authenticate => {
  const keysFor = keyRing(identity)
  const answers = new Map<string, { actor: Actor | undefined; at_ms: number }>()

  const fromAccessToken = async (token: string): Promise<Actor | undefined> => {
    const key_id = keyIdOf(token)
    const keys = key_id === undefined ? undefined : await keysFor(key_id)
    if (!keys) return undefined
    const { issuer, audience, type, algorithm } = access_token
    const options = {
      issuer,
      audience,
      typ: type,
      algorithms: [algorithm],
      requiredClaims: ["exp", "sub", "jti"],
    }
    const claims = (await jwtVerify(token, keys, options).catch(() => undefined))?.payload
    if (!claims || !isRole(claims.role)) return undefined
    return {
      kind: "user",
      user_id: String(claims.sub),
      email: String(claims.email),
      workspace_id: String(claims.workspace_id),
      role: claims.role,
      grant_id: String(claims.session_id),
    }
  }

  const fromIdentity = async (token: string, workspace: string): Promise<Actor | undefined> => {
    const key = `${workspace} ${token}`
    const known = answers.get(key)
    if (known && performance.now() - known.at_ms < answer_ms) return known.actor
    const actor = await identity.validate(token, workspace)
    if (answers.size >= max_answers) answers.clear()
    answers.set(key, { actor, at_ms: performance.now() })
    return actor
  }

  return async ({ authorization, workspace }) => {
    const token = tokenOf(authorization)
    const local = !token.startsWith(api_token_prefix) && workspace === undefined
    const actor = local ? await fromAccessToken(token) : await fromIdentity(token, workspace ?? "")
    if (!actor) throw new Problem("auth.invalid")
    return actor
  }
}
