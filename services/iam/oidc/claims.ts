import { Problem } from "#kernel/problem/problem.ts"
import { cleanName, emailText } from "../user/credentials.ts"
import type { OidcSettings } from "./settings.ts"

/** What a provider says of somebody, in a token or when asked. */
export type Claims = Readonly<Record<string, unknown>>

/** Somebody whom the provider vouches for. */
export type Vouched = {
  readonly issuer: string
  readonly subject: string
  /** The provider has seen that it is theirs. */
  readonly email: string
  readonly name: string
  readonly groups: readonly string[]
}

const claimOf = (claims: Claims, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined

/** Some providers leave groups out of the token where there are too many, and name another place in their stead. */
const isElsewhere = (claims: Claims, name: string): boolean => {
  const elsewhere = claimOf(claims, "_claim_names")
  if (claimOf(claims, name) !== undefined) return false
  return typeof elsewhere === "object" && elsewhere !== null && Object.hasOwn(elsewhere, name)
}

const groupsIn = (claims: Claims, name: string): readonly string[] => {
  const value = claimOf(claims, name)
  if (typeof value === "string") return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : []
}

const refused = (detail: string): Problem => new Problem("oidc.not_allowed", { detail })

/** Whether the token says all that there is to know; the provider is asked for the rest. */
export const isWhole = (claims: Claims, { groups_claim }: Pick<OidcSettings, "groups_claim">): boolean =>
  ["email", "email_verified", groups_claim].every((name) => claimOf(claims, name) !== undefined)

const addressIn = (claims: Claims): Claims => ({
  email: claimOf(claims, "email"),
  email_verified: claimOf(claims, "email_verified"),
})

/** What was signed counts before what was asked for. Whether an address is verified is said of that address alone, by who names it. */
export const joinedClaims = (signed: Claims, asked: Claims): Claims => {
  const names = claimOf(signed, "email_verified") === undefined ? asked : signed
  return { ...asked, ...signed, ...addressIn(names) }
}

/** Who it is. Without an address that the provider has verified, nobody. */
export const vouchedBy = (
  claims: Claims,
  { issuer, groups_claim }: Pick<OidcSettings, "issuer" | "groups_claim">,
): Vouched => {
  const verified = claimOf(claims, "email_verified")
  const email = emailText.safeParse(claimOf(claims, "email"))
  if (!email.success) throw refused("The identity provider gives no e-mail address of yours.")
  if (verified !== true && verified !== "true") {
    throw refused(`The identity provider has not verified that ${email.data} is your address.`)
  }
  if (isElsewhere(claims, groups_claim)) {
    throw refused("You are in more groups than the identity provider tells in a sign-in.")
  }
  const name = cleanName(claimOf(claims, "name")) ?? cleanName(claimOf(claims, "preferred_username"))
  return {
    ...{ issuer, email: email.data },
    subject: String(claims.sub),
    name: name ?? email.data.slice(0, email.data.indexOf("@")),
    groups: groupsIn(claims, groups_claim),
  }
}
