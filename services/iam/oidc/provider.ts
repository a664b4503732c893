import { providerAsker } from "./ask.ts"
import { isWhole, joinedClaims, type Vouched, vouchedBy } from "./claims.ts"
import { discovery } from "./discover.ts"
import { askClaims, exchangeCode, type Talk } from "./exchange.ts"
import { callback_path } from "./paths.ts"
import type { OidcSettings } from "./settings.ts"
import { notValid, verifyIdToken } from "./verify.ts"

/** What a browser is sent to the provider with. */
export type Asked = { readonly state: string; readonly nonce: string; readonly challenge: string }

/** What it has come back with, and what that is to fit. */
export type Returned = { readonly code: string; readonly verifier: string; readonly nonce: string }

export type Provider = {
  /** Refuses while the provider is away. */
  ready(): Promise<void>
  signInUrl(asked: Asked): Promise<string>
  /** Refuses an answer of another issuer: it was meant to be mixed up with this one's (RFC 9207). */
  checkIssuer(named: string | undefined): Promise<void>
  vouch(returned: Returned): Promise<Vouched>
}

const claimsOf = async (talk: Talk, { code, verifier, nonce }: Returned) => {
  const { issuer, client_id } = talk.settings
  const tokens = await exchangeCode(talk, code, verifier)
  const expected = { issuer, client_id, nonce, keys: talk.discovered.keys }
  const claims = await verifyIdToken(tokens.id_token, expected)
  if (isWhole(claims, talk.settings) || tokens.access_token === undefined) return claims
  return joinedClaims(claims, await askClaims(talk, tokens.access_token, claims.sub))
}

/** The provider that the settings name. It is asked for nothing before somebody signs in. */
export const openProvider = (settings: OidcSettings): Provider => {
  const { issuer, client_id, scopes, public_url } = settings
  const ask = providerAsker(issuer)
  const { recent, present } = discovery(issuer, ask)
  return {
    async ready() {
      await present()
    },
    async signInUrl({ state, nonce, challenge }) {
      const { authorization_endpoint } = await recent()
      const url = new URL(authorization_endpoint)
      const asked = {
        ...{ response_type: "code", client_id, scope: scopes, state, nonce },
        redirect_uri: `${public_url}${callback_path}`,
        ...{ code_challenge: challenge, code_challenge_method: "S256" },
      }
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
      return url.href
    },
    async checkIssuer(named) {
      const { authorization_response_iss_parameter_supported: is_promised } = await recent()
      if (named === undefined ? is_promised : named !== issuer) {
        throw notValid("The answer is not of the identity provider that was asked.")
      }
    },
    vouch: async (returned) =>
      vouchedBy(await claimsOf({ ask, settings, discovered: await recent() }, returned), settings),
  }
}
