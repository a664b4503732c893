import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse, type Person } from "../given.ts"
import { bootstrapOwner } from "../owner/bootstrap.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
/** The first of all owns the workspace `default`. */
let operator: Person
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
  operator = await given.person(house)
})
afterAll(() => house.close())

const code = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

const mark = (verb: "suspend" | "resume") => (by: Pick<Person, "token">, of: { user_id: unknown }) =>
  ask("POST", `auth/accounts/${of.user_id}/${verb}`, { token: by.token })

const suspend = mark("suspend")
const resume = mark("resume")

const kept_out = [403, "account.suspended"]

const fresh = (token: unknown, workspace?: string) =>
  given
    .secondEye(house)({ authorization: `Bearer ${token}`, workspace })
    .then(
      ({ role }) => role,
      (error: { code?: string }) => error.code,
    )

const login = ({ email }: Pick<Person, "email">, password = given.password) =>
  ask("POST", "auth/login", { body: { email, password } })

test("a suspended account is kept out of everything, whatever it comes with", async () => {
  const person = await given.person(house)
  const { token, refresh_token } = person
  const made = await ask("POST", "tokens", { token, body: { name: "ci" } })
  const { device_code, user_code } = (await ask("POST", "auth/device/code")).body
  await ask("POST", "auth/device/approve", { token, body: { user_code } })
  const done = await suspend(operator, person)
  expect([done.status, done.body]).toEqual([
    200,
    expect.objectContaining({ id: person.user_id, email: person.email, suspended_at: expect.any(String) }),
  ])
  expect((await suspend(operator, person)).body).toEqual(done.body)
  expect(await fresh(made.body.token)).toBe("account.suspended")
  expect(await fresh(token)).toBe("auth.invalid")
  expect(code(await login(person))).toEqual(kept_out)
  expect(code(await ask("POST", "auth/refresh", { body: { refresh_token } }))).toEqual([401, "auth.invalid"])
  expect(code(await ask("POST", "auth/device/token", { body: { device_code } }))).toEqual([
    404,
    "device.not_found",
  ])
  // Who doesn't know the password learns nothing of it.
  expect(code(await login(person, "wrong horse battery"))).toEqual([401, "auth.wrong_credentials"])
})

/** The page where a device is let in, sent as a browser does. */
const page = (fields: Record<string, string>) =>
  house.app.request("/device", { method: "POST", body: new URLSearchParams(fields) })

test("who is suspended lets no device in on its page, and one that was let in at that moment gets nothing", async () => {
  const person = await given.person(house)
  const { user_code, device_code } = (await ask("POST", "auth/device/code")).body
  await suspend(operator, person)
  const { email } = person
  const sent = await page({
    ...{ user_code: String(user_code), choice: "approve" },
    ...{ email, password: given.password },
  })
  expect([sent.status, await sent.text()]).toEqual([403, expect.stringContaining("suspended")])
  await house.database.run(
    (sql) => sql`
      update iam.device_login set decision = 'approved', user_id = ${person.user_id}::text::uuid
      where user_code = ${String(user_code)} and decision is null`,
  )
  expect(code(await ask("POST", "auth/device/token", { body: { device_code } }))).toEqual(kept_out)
})

test("who is let in again signs in anew; API tokens work as before, and sessions have ended for good", async () => {
  const person = await given.person(house)
  const { token } = person
  const made = await ask("POST", "tokens", { token, body: { name: "ci" } })
  await suspend(operator, person)
  expect((await resume(operator, person)).body).toMatchObject({ suspended_at: null })
  expect((await resume(operator, person)).status).toBe(200)
  expect([await fresh(made.body.token), await fresh(token)]).toEqual(["owner", "auth.invalid"])
  expect((await login(person)).status).toBe(200)
})

test("who signs in at the moment of it isn't left inside", async () => {
  const person = await given.person(house)
  const [, ...tried] = await Promise.all([
    suspend(operator, person),
    ...Array.from({ length: 8 }, () => login(person)),
  ])
  for (const { status, body } of tried)
    if (status === 200)
      expect(["auth.invalid", "account.suspended"]).toContain(String(await fresh(body.access_token)))
  await resume(operator, person)
  for (const { status, body } of tried)
    if (status === 200) expect(await fresh(body.access_token)).toBe("auth.invalid")
})

test("accounts are nobody's business but the operators', who don't suspend themselves nor each other at once", async () => {
  const [person, other] = [await given.person(house), await given.person(house)]
  expect(code(await suspend(person, other))).toEqual([404, "account.not_found"])
  expect(code(await resume(person, other))).toEqual([404, "account.not_found"])
  expect(code(await ask("GET", "auth/accounts", { token: person.token }))).toEqual([403, "auth.forbidden"])
  const admin = await given.member(house, operator, "admin")
  const as = (token: string, path: string) =>
    ask("POST", `auth/accounts/${path}`, { token, workspace: operator.slug })
  expect(code(await as(admin.token, `${other.user_id}/suspend`))).toEqual([403, "auth.forbidden"])
  expect(code(await suspend(operator, operator))).toEqual([409, "suspension.own"])
  expect(code(await suspend(operator, { user_id: crypto.randomUUID() }))).toEqual([404, "account.not_found"])
  const [second, third] = [
    await given.member(house, operator, "owner"),
    await given.member(house, operator, "owner"),
  ]
  const both = await Promise.all([
    as(second.token, `${third.user_id}/suspend`),
    as(third.token, `${second.user_id}/suspend`),
  ])
  // Whoever comes second may find the door closed already.
  const [first, late = 0] = both.map(({ status }) => status).sort()
  expect(first).toBe(200)
  expect([401, 403]).toContain(late)
  for (const one of [second, third]) await resume(operator, one)
})

test("they are listed newest first, by address, and by whether they are kept out", async () => {
  const person = await given.person(house)
  await suspend(operator, person)
  const list = async (query: string) => {
    const { body } = await ask("GET", `auth/accounts?${query}`, { token: operator.token })
    return (body.items as { email: string }[]).map(({ email }) => email)
  }
  expect((await list("limit=1"))[0]).toBe(person.email)
  expect(await list(`email=${person.email.toUpperCase()}`)).toEqual([person.email])
  expect(await list("suspended=true")).toContain(person.email)
  expect(await list("suspended=false")).not.toContain(person.email)
})

test("what operators do is in the log of the first workspace", async () => {
  const person = await given.person(house)
  await suspend(operator, person)
  await resume(operator, person)
  const { items } = (await ask("GET", "audit?limit=2", { token: operator.token })).body
  expect(
    (items as { action: string; subject: object }[]).map(({ action, subject }) => [action, subject]),
  ).toEqual(
    ["account.resumed", "account.suspended"].map((action) => [
      action,
      { kind: "user", id: person.user_id, name: person.email },
    ]),
  )
})

test("the token of a new start is never one of a suspended owner", async () => {
  const second = await given.member(house, operator, "owner")
  const chosen = { token: second.token, workspace: operator.slug }
  await ask("POST", `auth/accounts/${operator.user_id}/suspend`, chosen)
  expect(await fresh(await bootstrapOwner(house.database, house.iam.kit))).toBe("owner")
  await ask("POST", `auth/accounts/${operator.user_id}/resume`, chosen)
})
