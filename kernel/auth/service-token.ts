import { jwtVerify, SignJWT } from "jose"
import { recent } from "#kernel/service/recent.ts"
import type { PlatformKey } from "./platform-key.ts"

/** How one service shows another that it is one of the platform's own. */
export type ServiceIdentity = { readonly service: string }

const issuer = "wf-platform"
const lifetime_s = 300
const renew_before_s = 60
const purpose = "service-token"

export type ServiceTokens = {
  /** A token for calls to `audience`, kept while it is fresh. */
  issue(audience: string): Promise<string>
  /** Undefined when the token isn't one of ours, or for somebody else. */
  verify(token: string, audience: string): Promise<ServiceIdentity | undefined>
}

export const serviceTokens = (service: string, key: PlatformKey): ServiceTokens => {
  const secret = key.derive(purpose)
  const kept = new Map<string, { token: string; renew_at_ms: number }>()
  const verified = recent<Verified>(max_verified)
  return {
    async issue(audience) {
      const known = kept.get(audience)
      if (known && known.renew_at_ms > performance.now()) return known.token
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: "HS256", typ: "wf-service+jwt" })
        .setSubject(service)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifetime_s}s`)
        .sign(secret)
      kept.set(audience, { token, renew_at_ms: performance.now() + (lifetime_s - renew_before_s) * 1000 })
      return token
    },
    async verify(token, audience) {
      const known = verified.get(`${audience} ${token}`)
      if (known && known.until_ms > performance.now()) return known.identity
      const options = { algorithms: ["HS256"], typ: "wf-service+jwt", issuer, audience, clockTolerance: 30 }
      const { payload } = (await jwtVerify(token, secret, options).catch(() => undefined)) ?? {}
      if (payload?.sub === undefined) return undefined
      const identity = { service: payload.sub }
      verified.keep(`${audience} ${token}`, { identity, until_ms: performance.now() + trusted_ms })
      return identity
    },
  }
}

/** Callers send the same token for minutes: its signature is checked now and then, within what clocks may differ by. */
type Verified = { readonly identity: ServiceIdentity; readonly until_ms: number }

const max_verified = 1_000
const trusted_ms = 30_000
