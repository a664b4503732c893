import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from "jose"
import { z } from "zod"
import { type AskProvider, awayProblem, objectIn, refuseInTheClear } from "./ask.ts"

/** For how long what the provider says of itself is believed. */
const fresh_ms = 600_000
/** For how long it is taken for what it says now: whoever asks over and over asks us, not the provider. */
const present_ms = 10_000

const documentShape = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
})

/** What the provider says of itself, and the keys it signs with. */
export type Discovered = z.output<typeof documentShape> & { readonly keys: JWTVerifyGetKey }

const keysAt = (url: string, ask: AskProvider): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(url), {
    cacheMaxAge: fresh_ms,
    // An unknown key is asked for at once: such a token comes from the provider itself, for a code that it has taken.
    cooldownDuration: 0,
    [customFetch]: async () => {
      const { status, text } = await ask(url)
      if (status !== 200 || !objectIn(text)) {
        throw awayProblem(`The identity provider's keys can't be read; it answers ${status}.`)
      }
      return new Response(text)
    },
  })

const load = async (issuer: string, ask: AskProvider): Promise<Discovered> => {
  const { status, text } = await ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)
  if (status !== 200) throw awayProblem(`The identity provider's description was answered with ${status}.`)
  const document = documentShape.safeParse(objectIn(text))
  if (!document.success) throw awayProblem("The identity provider does not describe itself as it should.")
  if (document.data.issuer !== issuer) {
    throw awayProblem("The identity provider calls itself another issuer than `WF_OIDC_ISSUER` says.")
  }
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = document.data
  for (const url of [authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint]) {
    if (url !== undefined) refuseInTheClear(issuer, url)
  }
  return { ...document.data, keys: keysAt(document.data.jwks_uri, ask) }
}

export type Discovery = {
  /** As the provider has described itself some minutes ago at most. */
  recent(): Promise<Discovered>
  /** As it does now, or did seconds ago. */
  present(): Promise<Discovered>
}

/** Asked for once by all who need it at the same time. What is known stays until something newer has come. */
export const discovery = (
  issuer: string,
  ask: AskProvider,
  now_ms: () => number = () => performance.now(),
): Discovery => {
  let known: { readonly found: Discovered; readonly at_ms: number } | undefined
  let asking: Promise<Discovered> | undefined
  const askNow = async (): Promise<Discovered> => {
    const found = await load(issuer, ask)
    known = { found, at_ms: now_ms() }
    return found
  }
  const within = (age_ms: number): Promise<Discovered> => {
    if (known && now_ms() - known.at_ms < age_ms) return Promise.resolve(known.found)
    asking ??= askNow().finally(() => {
      asking = undefined
    })
    return asking
  }
  return { recent: () => within(fresh_ms), present: () => within(present_ms) }
}
