import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import { attempt_lifetime_s, sealAttempt } from "./attempt.ts"
import type { Oidc } from "./oidc.ts"

/** What a program asks for that wants somebody to sign in. */
export type BeginSignIn = {
  readonly redirect_uri: string
  readonly code_challenge: string
  readonly state: string
}

export type Begun = { readonly url: string; readonly state: string; readonly cookie: string }

/** The challenge of a verifier, by S256. */
export const challengeOf = async (verifier: string): Promise<string> =>
  Buffer.from(await hashOf(verifier)).toString("base64url")

export const theOidc = ({ oidc }: Pick<Iam, "oidc">): Oidc => {
  if (oidc) return oidc
  throw new Problem("oidc.not_set")
}

/** Where a browser goes to sign in, and what it keeps meanwhile. */
export const beginSignIn =
  (iam: Pick<Iam, "oidc" | "kit">) =>
  async ({ redirect_uri, code_challenge, state: program_state }: BeginSignIn): Promise<Begun> => {
    const { provider, secret } = theOidc(iam)
    const [state, nonce, verifier] = [newSecret(""), newSecret(""), newSecret("")]
    const url = await provider.signInUrl({ state, nonce, challenge: await challengeOf(verifier) })
    const ends_ms = iam.kit.now().getTime() + attempt_lifetime_s * 1_000
    const attempt = { verifier, nonce, redirect_uri, challenge: code_challenge, program_state, ends_ms }
    return { url, state, cookie: await sealAttempt(secret, state, attempt) }
  }
