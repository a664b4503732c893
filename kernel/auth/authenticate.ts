import { Problem } from "#kernel/problem/problem.ts"
import { accessTokenVerifier } from "./access-token.ts"
import type { Actor } from "./actor.ts"
import { remembered } from "./remembered.ts"
import { type Revoked, revocations } from "./revocations.ts"

export const api_token_prefix = "wft_"

/** What identity answers; in production over gRPC, embedded in memory. */
export type Identity = {
  /** Undefined when the token is not valid. */
  validate(token: string, workspace: string): Promise<Actor | undefined>
  /** The JWK set as JSON. */
  keys(): Promise<string>
  /** What isn't to be believed by itself any more, since the cursor of an earlier answer; "0" for all of it. */
  revoked(cursor: string): Promise<Revoked>
}

export type Credentials = {
  readonly authorization: string | undefined
  readonly workspace: string | undefined
}

export type Authenticate = (credentials: Credentials) => Promise<Actor>

/** For how long an API token's answer is trusted without asking again. */
const answer_ms = 500
const max_token_length = 4_096
/** What is longer is none of ours: it is neither asked about nor remembered. */
const max_api_token_length = 128
const max_workspace_length = 100

const refuseOverlong = (token: string, workspace = ""): void => {
  const is_api_token = token.startsWith(api_token_prefix)
  if (is_api_token && token.length > max_api_token_length) throw new Problem("auth.invalid")
  if (workspace.length <= max_workspace_length) return
  throw new Problem("workspace.not_found", { detail: "No workspace has so long a name." })
}

const tokenOf = (authorization: string | undefined): string => {
  if (authorization === undefined) throw new Problem("auth.required")
  const [scheme = "", value = ""] = authorization.split(" ", 2)
  if (authorization.length > max_token_length) throw new Problem("auth.invalid")
  const kind = scheme.toLowerCase()
  if (kind === "bearer" && value !== "") return value
  if (kind !== "basic") throw new Problem("auth.required")
  return passwordOf(value)
}

/** For clients that can send nothing else: the token is the password, and the user's name says nothing. */
const passwordOf = (credentials: string): string => {
  const pair = Buffer.from(credentials, "base64").toString("utf8")
  const colon = pair.indexOf(":")
  if (colon === -1 || colon === pair.length - 1) throw new Problem("auth.invalid")
  return pair.slice(colon + 1)
}

/** Every service verifies the caller itself; no header from outside is trusted. */
export const authenticator = (identity: Identity, clock = () => performance.now()): Authenticate => {
  const fromAccessToken = accessTokenVerifier(() => identity.keys())
  const isDoubted = revocations((cursor) => identity.revoked(cursor))
  const recall = remembered<Actor | undefined>(answer_ms, clock)
  const fromIdentity = (token: string, workspace: string) =>
    recall(`${workspace} ${token}`, () => identity.validate(token, workspace))

  /** By its signature alone, unless something has become of the session, its user or the workspace since. */
  const fromSignature = async (token: string): Promise<Actor | undefined> => {
    const actor = await fromAccessToken(token)
    return actor && (await isDoubted(actor)) ? fromIdentity(token, "") : actor
  }

  return async ({ authorization, workspace }) => {
    const token = tokenOf(authorization)
    refuseOverlong(token, workspace)
    const local = !token.startsWith(api_token_prefix) && workspace === undefined
    const found = local ? fromSignature(token) : fromIdentity(token, workspace ?? "")
    // Each turn costs every request: mostly it is known.
    const actor = found instanceof Promise ? await found : found
    if (!actor) throw new Problem("auth.invalid")
    return actor
  }
}
