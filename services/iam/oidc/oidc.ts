import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import { openProvider, type Provider } from "./provider.ts"
import type { OidcSettings } from "./settings.ts"

/** Sign-in at a provider, where the settings name one. */
export type Oidc = {
  readonly settings: OidcSettings
  readonly provider: Provider
  /** What the cookies of a sign-in are encrypted under. */
  readonly secret: Uint8Array
}

const purpose = "iam.oidc"

export const openOidc = (settings: OidcSettings | undefined, key: PlatformKey): Oidc | undefined =>
  settings && { settings, provider: openProvider(settings), secret: key.derive(purpose) }
