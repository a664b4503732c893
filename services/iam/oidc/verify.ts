import { errors, type JWTVerifyGetKey, jwtVerify } from "jose"
import { Problem } from "#kernel/problem/problem.ts"
import { awayProblem } from "./ask.ts"
import type { Claims } from "./claims.ts"

/** Signatures with a private key only: neither none, nor one that whoever knows the client's secret could make. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
]
const skew_s = 30
const max_age_s = 600
const max_subject_chars = 255

export const notValid = (detail: string, cause?: unknown): Problem =>
  new Problem("oidc.not_valid", { detail, cause })

export type Expected = {
  readonly issuer: string
  readonly client_id: string
  readonly nonce: string
  readonly keys: JWTVerifyGetKey
}

/** What the keys' answer is to blame for is no fault of the token. */
const isAway = (error: unknown): boolean =>
  error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout

const checked = async (token: string, { issuer, client_id, keys }: Expected): Promise<Claims> => {
  try {
    const rules = { issuer, audience: client_id, algorithms, clockTolerance: skew_s, maxTokenAge: max_age_s }
    const { payload } = await jwtVerify(token, keys, { ...rules, requiredClaims: ["exp", "iat", "sub"] })
    return payload
  } catch (error) {
    if (error instanceof Problem) throw error
    if (isAway(error)) throw awayProblem("The identity provider's keys can't be read.", error)
    throw notValid("The identity provider's token is not valid.", error)
  }
}

/** The claims of a token that is meant for us, for this very sign-in, and still good. */
export const verifyIdToken = async (token: string, expected: Expected): Promise<Claims> => {
  const claims = await checked(token, expected)
  const { client_id, nonce } = expected
  const has_others = Array.isArray(claims.aud) && claims.aud.length > 1
  if ((has_others || claims.azp !== undefined) && claims.azp !== client_id) {
    throw notValid("The identity provider's token was made for another program.")
  }
  if (claims.nonce !== nonce) throw notValid("The identity provider's token is of another sign-in.")
  const { sub } = claims
  if (typeof sub !== "string" || sub === "" || sub.length > max_subject_chars || /\p{C}/u.test(sub)) {
    throw notValid("The identity provider's token names nobody.")
  }
  return claims
}
