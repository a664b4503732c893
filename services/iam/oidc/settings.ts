import { z } from "zod"
import { first_slug } from "../workspace/create.ts"
import { isHttps, isLoopbackUrl } from "./loopback.ts"
import { parseRoleRules, type RoleRules } from "./roles.ts"

const issuerText = z
  .string()
  .refine((text) => isHttps(text) || isLoopbackUrl(text), "must be a URL with https")
  .refine((text) => !/[?#]/.test(text), "must be the issuer itself, without a query")

const scopesText = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+(?: +[\x21\x23-\x5b\x5d-\x7e]+)*$/, "must be scopes, separated by spaces")
  .refine((text) => text.split(/ +/).includes("openid"), "must name the scope `openid`")

const rolesText = z.string().transform((text, context): RoleRules => {
  const rules = parseRoleRules(text)
  if (typeof rules !== "string") return rules
  context.addIssue({ code: "custom", message: rules })
  return z.NEVER
})

/** How people sign in at a provider of their own, if they do. */
export const oidcSettings = {
  WF_OIDC_ISSUER: issuerText.optional(),
  WF_OIDC_CLIENT_ID: z.string().optional(),
  /** Without one the platform is a public client. */
  WF_OIDC_CLIENT_SECRET: z.string().optional(),
  WF_OIDC_SCOPES: scopesText.default("openid email profile"),
  WF_OIDC_GROUPS_CLAIM: z.string().default("groups"),
  WF_OIDC_ROLES: rolesText.optional(),
  WF_OIDC_WORKSPACE: z.string().default(first_slug),
  /** Whether who has an account here already, with a password, may come in by the address that the provider has verified. */
  WF_OIDC_LINK_BY_EMAIL: z.enum(["true", "false"], "must be true or false").default("false"),
}

type Given = z.output<z.ZodObject<typeof oidcSettings>> & { readonly WF_PUBLIC_URL?: string | undefined }

/** With an issuer the others must be there; `report` is told of each that isn't. */
export const checkOidcSettings = (given: Given, report: (name: string, message: string) => void): void => {
  const { WF_OIDC_ISSUER, WF_OIDC_CLIENT_ID, WF_OIDC_ROLES, WF_PUBLIC_URL } = given
  if (WF_OIDC_ISSUER === undefined) return
  const needed = { WF_OIDC_CLIENT_ID, WF_OIDC_ROLES, WF_PUBLIC_URL }
  for (const [name, value] of Object.entries(needed)) {
    if (value === undefined) report(name, "is not set, and WF_OIDC_ISSUER is")
  }
}

export type OidcSettings = {
  readonly issuer: string
  readonly client_id: string
  readonly client_secret: string | undefined
  readonly scopes: string
  readonly groups_claim: string
  readonly roles: RoleRules
  /** The slug of the workspace whose roles the groups give. */
  readonly workspace: string
  readonly may_link_by_email: boolean
  /** Where people reach the platform. */
  readonly public_url: string
}

/** Undefined where nobody signs in at a provider. */
export const oidcSettingsOf = (given: Given): OidcSettings | undefined => {
  const { WF_OIDC_ISSUER: issuer, WF_OIDC_CLIENT_ID: client_id, WF_OIDC_ROLES: roles } = given
  const { WF_PUBLIC_URL: url } = given
  if (issuer === undefined || client_id === undefined || !roles || url === undefined) return undefined
  return {
    ...{ issuer, client_id, roles },
    client_secret: given.WF_OIDC_CLIENT_SECRET,
    scopes: given.WF_OIDC_SCOPES,
    groups_claim: given.WF_OIDC_GROUPS_CLAIM,
    workspace: given.WF_OIDC_WORKSPACE,
    may_link_by_email: given.WF_OIDC_LINK_BY_EMAIL === "true",
    public_url: url.replace(/\/+$/, ""),
  }
}
