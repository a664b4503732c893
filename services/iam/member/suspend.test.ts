import { afterAll, beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { given, type IamHouse, type Person } from "../given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
})
afterAll(() => house.close())

const code = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

const kept_out = [403, "member.suspended"]

const mark = (verb: "suspend" | "resume") => (who: Person, host: Person, of: Pick<Person, "user_id">) =>
  ask("POST", `workspaces/${host.workspace_id}/members/${of.user_id}/${verb}`, { token: who.token })

const suspend = mark("suspend")
const resume = mark("resume")

/** A verifier that knows nothing yet: what holds at once. */
const fresh = (token: unknown, workspace?: string) =>
  given
    .secondEye(house)({ authorization: `Bearer ${token}`, workspace })
    .then(
      ({ role }) => role,
      (error: { code?: string }) => error.code,
    )

const tokenOf = async (who: Person, host: Person, more: object = {}) => {
  const body = { name: "ci", ...more }
  return String((await ask("POST", "tokens", { token: who.token, workspace: host.slug, body })).body.token)
}

test("a suspended member is kept out with all they have, and has all of it again when resumed", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "operator")
  const [bound, everywhere] = [
    await tokenOf(guest, host),
    await tokenOf(guest, guest, { all_workspaces: true }),
  ]
  const invited = await ask("POST", `workspaces/${host.workspace_id}/invites`, {
    token: host.token,
    body: { email: "new@example.test", role: "viewer" },
  })
  expect(invited.status).toBe(201)
  const done = await suspend(host, host, guest)
  expect([done.status, done.body.suspended_at, done.body.role]).toEqual([200, expect.any(String), "operator"])
  expect((await suspend(host, host, guest)).body.suspended_at).toBe(done.body.suspended_at)
  const path = `workspaces/${host.workspace_id}`
  const inside = async () => [
    await fresh(bound),
    await fresh(everywhere, host.slug),
    await fresh(guest.token, host.slug),
    (await ask("GET", path, { token: guest.token })).body.code ?? "in",
    (await ask("PATCH", path, { token: guest.token, body: { name: "x" } })).body.code ?? "in",
  ]
  expect(await inside()).toEqual(Array(5).fill("member.suspended"))
  expect([await fresh(guest.token), await fresh(everywhere)]).toEqual(["owner", "owner"])
  const listed = (await ask("GET", "workspaces", { token: guest.token })).body.items as { slug: string }[]
  expect(listed.map(({ slug }) => slug)).not.toContain(host.slug)
  const left = await ask("DELETE", `${path}/members/${guest.user_id}`, { token: guest.token })
  expect(code(left)).toEqual(kept_out)

  expect((await resume(host, host, guest)).body).toMatchObject({ suspended_at: null, role: "operator" })
  expect(await inside()).toEqual(["operator", "operator", "operator", "in", "auth.forbidden"])
})

test("who is suspended is invited by nobody out of it, and invites nobody", async () => {
  const host = await given.person(house)
  const [admin, guest] = [await given.member(house, host, "admin"), await given.person(house)]
  const path = `workspaces/${host.workspace_id}/invites`
  const made = await ask("POST", path, { token: admin.token, body: { email: guest.email, role: "viewer" } })
  await suspend(host, host, admin)
  const accept = () => ask("POST", "invites/accept", { token: guest.token, body: { token: made.body.token } })
  expect(code(await accept())).toEqual([404, "invite.not_found"])
  const again = await ask("POST", path, { token: host.token, body: { email: admin.email, role: "admin" } })
  expect(code(again)).toEqual([409, "member.exists"])
  await resume(host, host, admin)
  expect((await accept()).status).toBe(200)
})

test("nobody suspends or resumes who is above them, themselves, the last owner, or without the right", async () => {
  const host = await given.person(house)
  const [admin, developer, second] = [
    await given.member(house, host, "admin"),
    await given.member(house, host, "developer"),
    await given.member(house, host, "owner"),
  ]
  expect(code(await suspend(admin, host, host))).toEqual([403, "member.above"])
  expect(code(await suspend(developer, host, admin))).toEqual([403, "auth.forbidden"])
  expect(code(await suspend(host, host, host))).toEqual([409, "suspension.own"])
  expect(code(await suspend(host, host, { user_id: crypto.randomUUID() }))).toEqual([404, "member.not_found"])
  const both = await Promise.all([suspend(host, host, second), suspend(second, host, host)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
  const [kept, out] = both[0]?.status === 200 ? [host, second] : [second, host]
  expect(code(await resume(admin, host, out))).toEqual([403, "member.above"])
  const path = `workspaces/${host.workspace_id}/members/${kept.user_id}`
  const fewer = await ask("PATCH", path, { token: kept.token, body: { role: "admin" } })
  expect(code(fewer)).toEqual([409, "member.last_owner"])
  expect((await resume(kept, host, out)).status).toBe(200)
})

test("a program is suspended like a person, and its tokens with it", async () => {
  const host = await given.person(house)
  const { token } = host
  const root = `workspaces/${host.workspace_id}/service-accounts`
  const { id } = (await ask("POST", root, { token, body: { name: "robot", role: "viewer" } })).body
  const { token: its } = (await ask("POST", `${root}/${id}/tokens`, { token, body: { name: "t" } })).body
  await suspend(host, host, { user_id: String(id) })
  expect(await fresh(its)).toBe("member.suspended")
  await resume(host, host, { user_id: String(id) })
  expect(await fresh(its)).toBe("viewer")
})

test("a program that is an owner suspends no last person who is one", async () => {
  const host = await given.person(house)
  const { token } = host
  const root = `workspaces/${host.workspace_id}/service-accounts`
  const { id } = (await ask("POST", root, { token, body: { name: "boss", role: "owner" } })).body
  const made = await ask("POST", `${root}/${id}/tokens`, { token, body: { name: "t" } })
  const program = { ...host, token: String(made.body.token) }
  expect(code(await suspend(program, host, host))).toEqual([409, "member.last_owner"])
  await given.member(house, host, "owner")
  expect((await suspend(program, host, host)).status).toBe(200)
})

test("who is suspended wherever they are signs in nowhere, and no session of theirs goes on", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "viewer")
  const home = `workspaces/${guest.workspace_id}`
  const other = await given.member(house, guest, "owner")
  const leave = await ask("DELETE", `${home}/members/${guest.user_id}`, { token: other.token })
  expect(leave.status).toBe(204)
  const person = { email: guest.email, password: given.password }
  const session = await ask("POST", "auth/login", { body: person })
  expect(session.status).toBe(200)
  await suspend(host, host, guest)
  expect(code(await ask("POST", "auth/login", { body: person }))).toEqual(kept_out)
  expect(await fresh(session.body.access_token)).toBe("member.suspended")
  const { refresh_token } = session.body
  const renew = () => ask("POST", "auth/refresh", { body: { refresh_token } })
  expect(code(await renew())).toEqual(kept_out)
  await resume(host, host, guest)
  expect((await renew()).status).toBe(200)
  expect((await ask("POST", "auth/login", { body: person })).status).toBe(200)
})

test("a session that a service has believed by its signature is refused within a second", async () => {
  const host = await given.person(house)
  const second = await given.member(house, host, "owner")
  const service = given.secondEye(house)
  const own = { authorization: `Bearer ${host.token}`, workspace: undefined }
  expect(await service(own)).toMatchObject({ role: "owner" })
  expect((await suspend(second, host, host)).status).toBe(200)
  const began_ms = performance.now()
  await until("refused", () =>
    service(own).then(
      () => false,
      ({ code: why }) => why === "member.suspended",
    ),
  )
  // A second is what is promised; a machine that does much else meanwhile is given three.
  expect(performance.now() - began_ms).toBeLessThan(3_000)
  expect((await resume(second, host, host)).status).toBe(200)
  await until("in again", async () => (await service(own).catch(() => undefined))?.role === "owner")
})

test("both are told to others and in the log", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "viewer")
  await suspend(host, host, guest)
  await resume(host, host, guest)
  const { items } = (await ask("GET", "audit", { token: host.token })).body
  const told = (items as { action: string; subject: { name: string } }[]).slice(0, 2)
  expect(told.map(({ action, subject }) => `${action} ${subject.name}`)).toEqual([
    `member.resumed ${guest.email}`,
    `member.suspended ${guest.email}`,
  ])
  const rows = await house.database.run(
    (sql) =>
      sql<{ events: { data: { user_id: string; suspended?: boolean; role: string } }[] }>`
        select events from iam.outbox where topic = 'member.changed' order by id`,
  )
  const facts = rows.flatMap(({ events }) => events.map(({ data }) => data))
  const theirs = facts.filter(({ user_id }) => user_id === guest.user_id)
  expect(theirs.map(({ suspended, role }) => [role, suspended]).slice(-2)).toEqual([
    ["viewer", true],
    ["viewer", false],
  ])
})
