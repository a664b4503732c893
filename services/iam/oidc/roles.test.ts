import { expect, test } from "bun:test"
import { ConfigError, parseConfig } from "#kernel/config/config.ts"
import { iamConfig } from "../config.ts"
import { parseRoleRules, roleOf } from "./roles.ts"
import { oidcSettingsOf } from "./settings.ts"

const rules = (text: string) => {
  const parsed = parseRoleRules(text)
  return typeof parsed === "string" ? parsed : Object.fromEntries(parsed)
}

test("rules are pairs, or JSON where names of groups have commas", () => {
  expect(rules("wf admins=admin, devs=developer,*=viewer")).toEqual({
    "wf admins": "admin",
    devs: "developer",
    "*": "viewer",
  })
  expect(rules("cn=ops=operator")).toEqual({ "cn=ops": "operator" })
  expect(rules('{"cn=ops,dc=example":"operator","a":"owner"}')).toEqual({
    "cn=ops,dc=example": "operator",
    a: "owner",
  })
})

test.each([
  "",
  "admins",
  "=admin",
  "a=root",
  "a=admin,a=viewer",
  "a=admin,",
  "{",
  "{}",
  '{"a":1}',
  '{"a":null}',
])("%p are no rules", (text) => {
  expect(rules(text)).toBeString()
})

test("of several roles the highest counts, and none is given by chance", () => {
  const parsed = parseRoleRules("a=viewer,b=admin,c=operator")
  if (typeof parsed === "string") throw new Error(parsed)
  expect(roleOf(parsed, ["a", "c"])).toBe("operator")
  expect(roleOf(parsed, ["c", "b", "a"])).toBe("admin")
  for (const groups of [[], ["A"], ["__proto__", "constructor"], ["admin", "owner"], ["*"]]) {
    expect(roleOf(parsed, groups)).toBeUndefined()
  }
})

const whole = {
  WF_PUBLIC_URL: "https://wf.example.com/",
  WF_OIDC_ISSUER: "https://login.example.com",
  WF_OIDC_CLIENT_ID: "wf",
  WF_OIDC_ROLES: "*=viewer",
}

test("settings that name a provider are whole, and what is left out is what most want", () => {
  expect(oidcSettingsOf(parseConfig(iamConfig, {}))).toBeUndefined()
  expect(oidcSettingsOf(parseConfig(iamConfig, whole))).toEqual({
    issuer: "https://login.example.com",
    client_id: "wf",
    client_secret: undefined,
    scopes: "openid email profile",
    groups_claim: "groups",
    roles: new Map([["*", "viewer"]]),
    workspace: "default",
    may_link_by_email: false,
    public_url: "https://wf.example.com",
  })
})

const faultsOf = (more: Record<string, string>): readonly string[] => {
  try {
    parseConfig(iamConfig, more)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test("what doesn't fit is said, all of it, and a secret is not", () => {
  expect(faultsOf({ WF_OIDC_ISSUER: "https://login.example.com" })).toEqual([
    "WF_OIDC_CLIENT_ID: is not set, and WF_OIDC_ISSUER is",
    "WF_OIDC_ROLES: is not set, and WF_OIDC_ISSUER is",
    "WF_PUBLIC_URL: is not set, and WF_OIDC_ISSUER is",
  ])
  for (const issuer of [
    "http://login.example.com",
    "login.example.com",
    "https://a.test/?x=1",
    "ftp://a.test",
  ]) {
    expect(faultsOf({ ...whole, WF_OIDC_ISSUER: issuer })[0]).toStartWith("WF_OIDC_ISSUER: must be")
  }
  for (const issuer of ["http://127.0.0.1:8080", "http://localhost:8080/realms/wf", "http://[::1]:1"]) {
    expect(faultsOf({ ...whole, WF_OIDC_ISSUER: issuer })).toEqual([])
  }
  const wrong = { WF_OIDC_ROLES: "a=root", WF_OIDC_SCOPES: "email", WF_OIDC_LINK_BY_EMAIL: "yes" }
  expect(faultsOf({ ...whole, ...wrong, WF_OIDC_CLIENT_SECRET: "hush" }).toSorted()).toEqual([
    "WF_OIDC_LINK_BY_EMAIL: must be true or false",
    "WF_OIDC_ROLES: gives the group `a` no role: viewer, operator, developer, admin or owner",
    "WF_OIDC_SCOPES: must name the scope `openid`",
  ])
})
