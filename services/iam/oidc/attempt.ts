import { z } from "zod"
import { seal, unseal } from "#kernel/auth/box.ts"

/** For how long somebody may take to sign in at the provider. */
export const attempt_lifetime_s = 600

const attemptShape = z.object({
  /** Of the challenge that the provider was given. */
  verifier: z.string(),
  nonce: z.string(),
  /** What is to have the outcome: where it listens, the challenge of its own, and what it knows its answer by. */
  redirect_uri: z.string(),
  challenge: z.string(),
  program_state: z.string(),
  ends_ms: z.number(),
})

/** A sign-in that has begun in some browser. It is kept there and nowhere else, so that beginning one costs nobody anything. */
export type Attempt = z.output<typeof attemptShape>

const name_chars = 16

/** Each sign-in has a cookie of its own: several may be under way in one browser. */
export const cookieOf = (state: string): string => `wf_oidc_${state.slice(0, name_chars)}`

/** Bound to its state: with another one it doesn't open. */
export const sealAttempt = async (secret: Uint8Array, state: string, attempt: Attempt): Promise<string> =>
  Buffer.from(await seal(secret, state, JSON.stringify(attempt))).toString("base64url")

/** Undefined when it was begun elsewhere, or too long ago. */
export const openAttempt = async (
  secret: Uint8Array,
  { state, cookie, now }: { readonly state: string; readonly cookie: string; readonly now: Date },
): Promise<Attempt | undefined> => {
  const text = await unseal(secret, state, Buffer.from(cookie, "base64url"))
  if (text === undefined) return undefined
  const attempt = attemptShape.parse(JSON.parse(text))
  return attempt.ends_ms > now.getTime() ? attempt : undefined
}
