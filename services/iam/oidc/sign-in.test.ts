import { afterAll, afterEach, beforeAll, expect, test } from "bun:test"
import { openBrowser } from "#kernel/testing/browser.ts"
import { public_client_id } from "#kernel/testing/provider.ts"
import { given } from "../given.ts"
import { cleanSignInCodes } from "./clean.ts"
import { type SsoHouse, sso } from "./given.ts"

let it: SsoHouse
beforeAll(async () => {
  it = await sso.house()
})
afterAll(() => it.close())
afterEach(() => {
  it.reconfigure({})
  it.provider.forge(undefined)
  it.provider.answer(undefined)
})

let people = 0

/** Somebody whom the provider knows. */
const somebody = (more: object = {}): string => {
  people += 1
  const name = `person${people}`
  const email = `${name}@example.test`
  it.provider.people.set(name, { email, email_verified: true, name: "Ada", groups: ["builders"], ...more })
  return name
}

const me = async (token: string) => {
  const { status, body } = await given.send(it.house)("GET", "auth/me", { token })
  const { user, workspace } = body as { user?: { email: string }; workspace?: { slug: string; role: string } }
  return [status, user?.email, workspace?.slug, workspace?.role]
}

test("who signs in at the provider has an ordinary session, with the role that their groups give", async () => {
  const person = somebody()
  const browser = openBrowser()
  const { program, answer } = await sso.signIn(it, person, browser)
  expect(answer.get("state")).toBe(program.state)
  const { status, body } = await sso.redeem(it, answer.get("code"), program.verifier)
  expect([status, body.token_type, body.expires_in]).toEqual([200, "Bearer", 900])
  const token = String(body.access_token)
  expect(await me(token)).toEqual([200, `${person}@example.test`, "default", "developer"])
  const ask = given.send(it.house)
  const sessions = (await ask("GET", "auth/sessions", { token })).body.items as object[]
  expect(sessions).toMatchObject([{ device: "a terminal", address: "127.0.0.1", current: true }])
  const renewed = await ask("POST", "auth/refresh", { body: { refresh_token: body.refresh_token } })
  expect(renewed.status).toBe(200)
  expect((await ask("POST", "auth/logout", { token })).status).toBe(204)
  const again = await ask("POST", "auth/refresh", { body: { refresh_token: renewed.body.refresh_token } })
  expect(again.status).toBe(401)
  expect([...(browser.cookies.get(new URL(it.url).host) ?? [])]).toEqual([])
})

test("the browser's cookie is read by no script, and sent to the sign-in alone", async () => {
  const answer = await openBrowser().visit(sso.startUrl(it, await sso.program()))
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([302, "no-store"])
  const [cookie = ""] = answer.headers.getSetCookie()
  const [, ...attributes] = cookie.split("; ")
  expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=600", "Path=/api/v1/auth/oidc", "SameSite=Lax"])
  it.reconfigure({ public_url: "https://wf.example.com" })
  const secure = await openBrowser().visit(sso.startUrl(it, await sso.program()))
  expect(secure.headers.getSetCookie()[0]).toEndWith("; Secure; SameSite=Lax")
})

test("the provider is shown where it is, and what a public client sends it", async () => {
  const shown = await given.send(it.house)("GET", "auth/oidc/provider")
  expect(shown.body).toEqual({ issuer: it.provider.issuer, start_url: `${it.url}/api/v1/auth/oidc/start` })
  it.reconfigure({ client_id: public_client_id, client_secret: undefined })
  expect(await me(await sso.token(it, somebody()))).toMatchObject([
    200,
    expect.any(String),
    "default",
    "developer",
  ])
})

test("without a provider there is nothing to sign in at", async () => {
  const house = await given.house()
  const asked = ["provider", `start?${new URLSearchParams({ ...(await sso.program()) })}`, "callback?state=x"]
  const answers = await Promise.all(asked.map((path) => given.send(house)("GET", `auth/oidc/${path}`)))
  expect(answers.map(({ body }) => body.code)).toEqual(asked.map(() => "oidc.not_set"))
  await house.close()
})

test("somebody is known by what the provider calls them, whatever becomes of their address", async () => {
  const person = somebody()
  const [, email] = await me(await sso.token(it, person))
  it.provider.people.set(person, { email: "new@example.test", email_verified: true, groups: ["watchers"] })
  expect(await me(await sso.token(it, person))).toEqual([200, email, "default", "viewer"])
})

test("groups give the role at each sign-in, and take it again, for tokens that are there too", async () => {
  const person = somebody({ groups: ["watchers", "admins", "others"] })
  const token = await sso.token(it, person)
  expect(await me(token)).toMatchObject([200, expect.any(String), "default", "admin"])
  const made = await given.send(it.house)("POST", "tokens", { token, body: { name: "ci" } })
  const api_token = String(made.body.token)
  const known = it.provider.people.get(person)
  it.provider.people.set(person, { ...known, groups: ["watchers"] })
  const lower = await sso.token(it, person)
  expect(await me(lower)).toMatchObject([200, expect.any(String), "default", "viewer"])
  const seen = () => it.house.authenticate({ authorization: `Bearer ${api_token}`, workspace: undefined })
  expect(await seen()).toMatchObject({ role: "viewer" })
  const earlier = { authorization: `Bearer ${token}`, workspace: undefined }
  expect(await given.secondEye(it.house)(earlier)).toMatchObject({ role: "viewer" })
  it.provider.people.set(person, { ...known, groups: [] })
  const { answer } = await sso.signIn(it, person)
  expect([answer.get("error"), answer.get("code")]).toEqual(["oidc.not_allowed", null])
  const members = await given.send(it.house)("GET", `workspaces/${it.owner.workspace_id}/members`, {
    token: it.owner.token,
  })
  expect(JSON.stringify(members.body.items)).not.toContain(`${person}@`)
  const eye = given.secondEye(it.house)
  const credentials = { authorization: `Bearer ${api_token}`, workspace: undefined }
  await expect(eye(credentials)).rejects.toMatchObject({ code: "auth.invalid" })
})

test("groups that the provider keeps elsewhere are not taken for none", async () => {
  const person = somebody()
  await sso.token(it, person)
  it.provider.people.set(person, { ...it.provider.people.get(person), groups: undefined })
  it.provider.forge((claims, sign) => sign({ ...claims, _claim_names: { groups: "src1" } }))
  const before = await sso.state(it)
  const { answer } = await sso.signIn(it, person)
  expect(answer.get("error_description")).toContain("more groups")
  expect(await sso.state(it)).toEqual(before)
})

test("who is in no group that counts gets no account", async () => {
  const before = await sso.state(it)
  for (const groups of [[], ["others"], ["*"], ["__proto__"], undefined, ["Admins"], "admin"]) {
    const { answer } = await sso.signIn(it, somebody({ groups }))
    expect([answer.get("error"), answer.get("code")]).toEqual(["oidc.not_allowed", null])
  }
  expect(await sso.state(it)).toEqual(before)
})

test("a rule for everybody is the least that one has", async () => {
  const roles = new Map([
    ["*", "viewer"],
    ["builders", "developer"],
  ] as const)
  it.reconfigure({ roles })
  expect(await me(await sso.token(it, somebody({ groups: [] })))).toMatchObject([
    200,
    expect.any(String),
    "default",
    "viewer",
  ])
  expect((await me(await sso.token(it, somebody())))[3]).toBe("developer")
})

test("without an address that the provider has verified nobody comes in", async () => {
  const before = await sso.state(it)
  const wrong = [
    { email_verified: false },
    { email_verified: undefined },
    { email_verified: "yes" },
    { email: undefined },
    { email: "nobody" },
  ]
  for (const more of wrong) {
    const { answer } = await sso.signIn(it, somebody(more))
    expect(answer.get("error")).toBe("oidc.not_allowed")
  }
  expect(await sso.state(it)).toEqual(before)
})

test("the first sign-ins of somebody at once make one account", async () => {
  const person = somebody()
  const tokens = await Promise.all([1, 2, 3, 4].map(() => sso.token(it, person)))
  const seen = await Promise.all(tokens.map((token) => me(token)))
  expect(seen).toEqual(tokens.map(() => [200, `${person}@example.test`, "default", "developer"]))
})

test("the last owner stays one, and is told so", async () => {
  it.reconfigure({ may_link_by_email: true })
  const boss = somebody({ email: it.owner.email, groups: ["builders"] })
  const before = await sso.state(it)
  const { answer } = await sso.signIn(it, boss)
  expect(answer.get("error")).toBe("member.last_owner")
  expect(await sso.state(it)).toEqual(before)
})

test("of two last owners who would lose that role at once, one stays", async () => {
  const ask = given.send(it.house)
  const { token, user_id } = it.owner
  const roles = new Map([
    ["bosses", "owner"],
    ["builders", "developer"],
  ] as const)
  const shared = await ask("POST", "workspaces", { token, body: { name: "Shared", slug: "shared" } })
  it.reconfigure({ workspace: "shared", roles })
  const pair = [somebody(), somebody()]
  const inGroup = (group: string) => {
    for (const person of pair)
      it.provider.people.set(person, { ...it.provider.people.get(person), groups: [group] })
  }
  for (let round = 0; round < 8; round += 1) {
    inGroup("bosses")
    for (const person of pair) await sso.token(it, person)
    if (round === 0) await ask("DELETE", `workspaces/${shared.body.id}/members/${user_id}`, { token })
    inGroup("builders")
    const outcomes = await Promise.all(pair.map((person) => sso.signIn(it, person)))
    expect(outcomes.map(({ answer }) => answer.get("error")).toSorted()).toEqual(["member.last_owner", null])
  }
})

test("a code that nobody has come with yet ends with the sessions of its person", async () => {
  const person = somebody({ groups: ["watchers"] })
  const token = await sso.token(it, person)
  const { program, answer } = await sso.signIn(it, person)
  expect((await given.send(it.house)("DELETE", "auth/sessions", { token })).status).toBe(204)
  expect((await sso.redeem(it, answer.get("code"), program.verifier)).body.code).toBe("oidc.not_valid")
})

test("an account with a password is not taken over by its address", async () => {
  const ada = await given.member(it.house, it.owner, "viewer")
  const before = await sso.state(it)
  const { answer } = await sso.signIn(it, somebody({ email: ada.email }))
  expect(answer.get("error")).toBe("oidc.not_linked")
  expect(await sso.state(it)).toEqual(before)
})

test("where the operator allows it an account is, and what its maker had kept of it ends", async () => {
  it.reconfigure({ may_link_by_email: true })
  const ask = given.send(it.house)
  const ada = await given.member(it.house, it.owner, "viewer")
  const made = await ask("POST", "tokens", { token: ada.token, body: { name: "kept" } })
  const unverified = somebody({ email: ada.email, email_verified: false })
  expect((await sso.signIn(it, unverified)).answer.get("error")).toBe("oidc.not_allowed")
  const person = somebody({ email: ada.email })
  const { program, answer } = await sso.signIn(it, person)
  const { body } = await sso.redeem(it, answer.get("code"), program.verifier)
  const mine = await ask("GET", "auth/me", { token: String(body.access_token) })
  expect(mine.body.user).toMatchObject({ id: ada.user_id, email: ada.email })
  const login = await ask("POST", "auth/login", { body: { email: ada.email, password: given.password } })
  const renewed = await ask("POST", "auth/refresh", { body: { refresh_token: ada.refresh_token } })
  expect([login.status, renewed.status]).toEqual([401, 401])
  for (const token of [ada.token, String(made.body.token)]) {
    const credentials = { authorization: `Bearer ${token}`, workspace: undefined }
    await expect(given.secondEye(it.house)(credentials)).rejects.toMatchObject({ code: "auth.invalid" })
  }
  const deeds = (await ask("GET", "audit", { token: it.owner.token })).body.items as object[]
  expect(deeds[0]).toMatchObject({
    action: "member.role_changed",
    actor: { email: ada.email },
    details: { from: "viewer", to: "developer", by: "groups" },
    address: "127.0.0.1",
  })
  // The address was given to somebody else at the provider.
  const heir = somebody({ email: ada.email })
  expect((await sso.signIn(it, heir)).answer.get("error")).toBe("oidc.not_linked")
})

test("an account whose address was confirmed by mail keeps what its holder has of it", async () => {
  it.reconfigure({ may_link_by_email: true })
  const ada = await given.member(it.house, it.owner, "viewer")
  await it.house.database.run(
    (sql) => sql`update iam.user_account set verified_at = now() where email = ${ada.email}`,
  )
  await sso.token(it, somebody({ email: ada.email }))
  const login = await given.send(it.house)("POST", "auth/login", {
    body: { email: ada.email, password: given.password },
  })
  expect([login.status, (await me(ada.token))[0]]).toEqual([200, 200])
})

test("nobody comes in as a program", async () => {
  it.reconfigure({ may_link_by_email: true })
  const path = `workspaces/${it.owner.workspace_id}/service-accounts`
  const body = { name: "ci", role: "viewer" }
  const made = await given.send(it.house)("POST", path, { token: it.owner.token, body })
  expect(made.status).toBe(201)
  const rows = await it.house.database.run(
    (sql) => sql<{ email: string }>`select email from iam.user_account where name = 'ci'`,
  )
  const before = await sso.state(it)
  const { answer } = await sso.signIn(it, somebody({ email: rows[0]?.email }))
  expect(answer.get("error")).toBe("oidc.not_linked")
  expect(await sso.state(it)).toEqual(before)
})

test("keys of the provider may change", async () => {
  const person = somebody()
  await sso.token(it, person)
  await it.provider.rotateKeys()
  expect((await me(await sso.token(it, person)))[0]).toBe(200)
})

test("where the workspace is none, or an archived one, nobody comes in, and is told so", async () => {
  const ask = given.send(it.house)
  const { token } = it.owner
  const made = await ask("POST", "workspaces", { token, body: { name: "Old", slug: "old" } })
  await ask("POST", `workspaces/${made.body.id}/archive`, { token })
  const before = await sso.state(it)
  const answers: unknown[] = []
  for (const workspace of ["old", "nowhere"]) {
    it.reconfigure({ workspace })
    answers.push((await sso.signIn(it, somebody())).answer.get("error"))
  }
  expect(answers).toEqual(["workspace.archived", "workspace.not_found"])
  expect(await sso.state(it)).toEqual(before)
})

test("codes and states are forgotten when none of them could be tried any more", async () => {
  await sso.signIn(it, somebody())
  const clean = cleanSignInCodes(it.house.database)
  const left = () => it.house.database.run((sql) => sql`select 1 from iam.sign_in_code`)
  const before = await left()
  expect([await clean(), (await left()).length]).toEqual([false, before.length])
  await it.house.database.run(
    (sql) => sql`update iam.sign_in_code set created_at = now() - interval '61 minutes'`,
  )
  expect([await clean(), await left()]).toEqual([false, []])
})
