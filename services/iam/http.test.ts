import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse } from "./given.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Json = Record<string, unknown>

type Answer = { status: number; body: Json; headers: Headers }

const send = async (
  method: string,
  path: string,
  more: { body?: unknown; token?: string; workspace?: string } = {},
): Promise<Answer> => {
  const headers: Record<string, string> = { "content-type": "application/json" }
  if (more.token !== undefined) headers.authorization = `Bearer ${more.token}`
  if (more.workspace !== undefined) headers["wf-workspace"] = more.workspace
  const init = { method, headers, ...(more.body !== undefined && { body: JSON.stringify(more.body) }) }
  const response = await house.app.request(path, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : JSON.parse(text),
  } as Answer
}

const password = "correct horse battery"
let people = 0

/** Somebody new who has signed in. */
const somebody = async (name = "Ada") => {
  people += 1
  const email = `person${people}@example.test`
  const registered = await send("POST", "/api/v1/auth/register", { body: { email, password, name } })
  const login = await send("POST", "/api/v1/auth/login", { body: { email, password } })
  expect([registered.status, login.status]).toEqual([201, 200])
  const { access_token, refresh_token } = login.body as {
    access_token: string
    refresh_token: string
  }
  return { email, name, registered: registered.body, access_token, refresh_token }
}

test("the first to register owns the workspace `default`, later ones a workspace of their own", async () => {
  const first = await somebody("Ada Lovelace")
  const second = await somebody("Grace Hopper")
  const third = await somebody("Grace Hopper")
  const spaces = [first, second, third].map(({ registered }) => registered.workspace) as {
    slug: string
    role: string
  }[]
  expect(spaces.map(({ role }) => role)).toEqual(["owner", "owner", "owner"])
  expect(spaces.slice(0, 2).map(({ slug }) => slug)).toEqual(["default", "grace-hopper"])
  expect(spaces[2]?.slug).toMatch(/^grace-hopper-[0-9a-f]{8}$/)
})

test("an address is registered once, whatever its case and width", async () => {
  const { email } = await somebody()
  const twin = email.toUpperCase().replace("PERSON", "ＰERSON")
  const answer = await send("POST", "/api/v1/auth/register", { body: { email: twin, password, name: "Eve" } })
  expect([answer.status, answer.body.code]).toEqual([409, "user.exists"])
  const login = await send("POST", "/api/v1/auth/login", { body: { email: twin, password } })
  expect(login.status).toBe(200)
})

test("credentials out of bounds are refused", async () => {
  const fine = { email: "bounds@example.test", password, name: "Eve" }
  const wrong = [
    { ...fine, password: "short" },
    { ...fine, password: "x".repeat(257) },
    { ...fine, password: "nul\0 inside it" },
    { ...fine, password: "half a pair \ud800" },
    { ...fine, email: "nobody" },
    { ...fine, email: "a b@example.test" },
    { ...fine, email: `${"a".repeat(250)}@example.test` },
    { ...fine, email: "nul\0@example.test" },
    { ...fine, email: "un\u200bseen@example.test" },
    { ...fine, email: "back\u202ewards@example.test" },
    { ...fine, name: "" },
    { ...fine, name: "\u001b[31mred" },
  ]
  for (const body of wrong) expect((await send("POST", "/api/v1/auth/register", { body })).status).toBe(422)
})

test("a login tells neither whether the address is known nor what was wrong", async () => {
  const { email } = await somebody()
  const wrong = await send("POST", "/api/v1/auth/login", { body: { email, password: "not the password" } })
  const unknown = await send("POST", "/api/v1/auth/login", {
    body: { email: "nobody@example.test", password },
  })
  expect([wrong.status, unknown.status]).toEqual([401, 401])
  const plain = ({ body }: Answer) => ({ ...body, request_id: "" })
  expect(plain(wrong)).toEqual(plain(unknown))
  expect([...wrong.headers.keys()]).toEqual([...unknown.headers.keys()])
})

test("me says who one is, and as what in which workspace", async () => {
  const ada = await somebody("Ada")
  const me = await send("GET", "/api/v1/auth/me", { token: ada.access_token })
  expect(me.status).toBe(200)
  expect(me.body).toEqual(ada.registered)
  expect((await send("GET", "/api/v1/auth/me")).status).toBe(401)
})

test("a refresh token works once; its reuse ends the whole family", async () => {
  const { refresh_token } = await somebody()
  const renew = (token: string) => send("POST", "/api/v1/auth/refresh", { body: { refresh_token: token } })
  const next = await renew(refresh_token)
  expect(next.status).toBe(200)
  const fresh = String(next.body.refresh_token)
  expect(fresh).not.toBe(refresh_token)
  expect((await send("GET", "/api/v1/auth/me", { token: String(next.body.access_token) })).status).toBe(200)
  await house.iam.database.run(
    (sql) =>
      sql`update iam.refresh_token set used_at = now() - interval '11 seconds' where used_at is not null`,
  )
  expect((await renew(refresh_token)).status).toBe(401)
  expect((await renew(fresh)).status).toBe(401)
})

test("of two that refresh with the same token at once, both are answered, and neither ends the session", async () => {
  const { refresh_token } = await somebody()
  const renew = (token: unknown) => send("POST", "/api/v1/auth/refresh", { body: { refresh_token: token } })
  const both = await Promise.all([renew(refresh_token), renew(refresh_token)])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
  for (const { body } of both) expect((await renew(body.refresh_token)).status).toBe(200)
})

test("after a logout the session renews nothing and chooses no workspace", async () => {
  const { access_token, refresh_token } = await somebody("Logged Out")
  const slug = "logged-out"
  expect((await send("GET", "/api/v1/auth/me", { token: access_token, workspace: slug })).status).toBe(200)
  expect((await send("POST", "/api/v1/auth/logout", { token: access_token })).status).toBe(204)
  expect((await send("POST", "/api/v1/auth/refresh", { body: { refresh_token } })).status).toBe(401)
  const credentials = { authorization: `Bearer ${access_token}`, workspace: "default" }
  await expect(house.authenticate(credentials)).rejects.toMatchObject({ code: "auth.invalid" })
})

test("a workspace is chosen among one's own; others are not there", async () => {
  const ada = await somebody("Own Place")
  const own = await send("GET", "/api/v1/workspaces", { token: ada.access_token })
  expect(own.body.items).toEqual([ada.registered.workspace])
  const chosen = await send("GET", "/api/v1/auth/me", { token: ada.access_token, workspace: "own-place" })
  expect(chosen.status).toBe(200)
  const other = await send("GET", "/api/v1/auth/me", { token: ada.access_token, workspace: "default" })
  expect([other.status, other.body.code]).toEqual([404, "workspace.not_found"])
})

test("an API token is shown once, works as its holder, is listed, and ends when deleted", async () => {
  const ada = await somebody("Token Holder")
  const token = ada.access_token
  const made = await send("POST", "/api/v1/tokens", { token, body: { name: "ci" } })
  expect(made.status).toBe(201)
  const secret = String(made.body.token)
  expect(secret).toMatch(/^wft_[\w-]{43}$/)
  const me = await send("GET", "/api/v1/auth/me", { token: secret })
  expect(me.body).toEqual(ada.registered)
  const list = await send("GET", "/api/v1/tokens", { token })
  const [listed] = list.body.items as Record<string, unknown>[]
  expect(listed).toMatchObject({ id: made.body.id, name: "ci", expires_at: null })
  expect(listed?.last_used_at).toBeString()
  expect(listed).not.toHaveProperty("token")
  expect((await send("DELETE", `/api/v1/tokens/${made.body.id}`, { token })).status).toBe(204)
  expect((await send("DELETE", `/api/v1/tokens/${made.body.id}`, { token })).status).toBe(404)
  const asked = house.iam.database.run((sql) => sql`select 1 from iam.api_token where revoked_at is null`)
  expect(await asked).toHaveLength(0)
})

test("another's token is not found, and a token opens no other workspace", async () => {
  const [ada, eve] = [await somebody(), await somebody()]
  const made = await send("POST", "/api/v1/tokens", { token: ada.access_token, body: { name: "mine" } })
  const path = `/api/v1/tokens/${made.body.id}`
  const answer = await send("DELETE", path, { token: eve.access_token })
  expect([answer.status, answer.body.code]).toEqual([404, "token.not_found"])
  const secret = String(made.body.token)
  const elsewhere = await send("GET", "/api/v1/auth/me", { token: secret, workspace: "default" })
  expect(elsewhere.status).toBe(404)
})

test("an expired, unknown or misshapen token is refused", async () => {
  const { access_token: token } = await somebody()
  const past = { name: "old", expires_at: "2001-01-01T00:00:00Z" }
  expect((await send("POST", "/api/v1/tokens", { token, body: past })).status).toBe(422)
  const body = { name: "soon", expires_at: "2999-01-01T00:00:00Z" }
  const soon = await send("POST", "/api/v1/tokens", { token, body })
  const id = String(soon.body.id)
  await house.iam.database.run(
    (sql) => sql`update iam.api_token set expires_at = now() where id = ${id}::text::uuid`,
  )
  const wrong = [String(soon.body.token), "wft_nonsense", "wft_", "nonsense", "a.b.c"]
  for (const secret of wrong) {
    expect((await send("GET", "/api/v1/auth/me", { token: secret })).status).toBe(401)
  }
})

test("the public keys are there for everybody and hold nothing private", async () => {
  const response = await send("GET", "/.well-known/jwks.json")
  expect(response.headers.get("cache-control")).toBe("public, max-age=30")
  const [key] = response.body.keys as Record<string, unknown>[]
  expect(key).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" })
  expect(key).not.toHaveProperty("d")
})
