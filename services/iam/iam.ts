import type { Database } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Keys } from "./key/keys.ts"
import type { Letters } from "./letter/letter.ts"
import type { Oidc } from "./oidc/oidc.ts"
import type { Passwords } from "./password/passwords.ts"

/** What identity's use-cases stand on. */
export type Iam = {
  readonly database: Database
  readonly kit: Kit
  readonly keys: Keys
  readonly passwords: Passwords
  /** Undefined where nobody signs in at a provider. */
  readonly oidc: Oidc | undefined
  /** Where people reach the platform, if the settings say it. */
  readonly public_url: string | undefined
  /** Undefined where no mail is sent. */
  readonly letters: Letters | undefined
}

export const access_lifetime_s = 900
/** For how long a refresh token that was used may come again. */
export const reuse_grace_s = 10
export const refresh_lifetime_s = 30 * 86_400
