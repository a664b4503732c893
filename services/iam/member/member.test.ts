import { afterAll, beforeAll, expect, test } from "bun:test"
import { roles } from "#kernel/auth/permissions.ts"
import { given, type IamHouse, type Person } from "../given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
})
afterAll(() => house.close())

const code = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

const membersOf = async ({ workspace_id, token }: Person) => {
  const { body } = await ask("GET", `workspaces/${workspace_id}/members`, { token })
  return Object.fromEntries(
    (body.items as { email: string; role: string }[]).map(({ email, role }) => [email, role]),
  )
}

const change = ([who, host, of]: readonly [Person, Person, Person], role: string) =>
  ask("PATCH", `workspaces/${host.workspace_id}/members/${of.user_id}`, { token: who.token, body: { role } })

const remove = (who: Person, host: Person, of: Person) =>
  ask("DELETE", `workspaces/${host.workspace_id}/members/${of.user_id}`, { token: who.token })

const invite = ([who, host]: readonly [Person, Person], email: string, role: string) =>
  ask("POST", `workspaces/${host.workspace_id}/invites`, { token: who.token, body: { email, role } })

const accept = (who: Person, token: unknown) =>
  ask("POST", "invites/accept", { token: who.token, body: { token } })

const factsOf = async (topic: string) => {
  const rows = await house.database.run(
    (sql) =>
      sql<{ events: { data: unknown }[] }>`select events from iam.outbox where topic = ${topic} order by id`,
  )
  return rows.flatMap(({ events }) => events.map(({ data }) => data))
}

test("who is invited joins once, with the role that was meant, and both are told to others", async () => {
  const [host, guest] = [await given.person(house), await given.person(house)]
  const made = await invite([host, host], guest.email.toUpperCase(), "operator")
  expect(made.status).toBe(201)
  expect(made.body.token).toMatch(/^wfi_[\w-]{43}$/)
  const listed = await ask("GET", `workspaces/${host.workspace_id}/invites`, { token: host.token })
  const { token, mailed, ...shown } = made.body
  expect([mailed, listed.body.items]).toEqual([false, [shown]])
  const both = await Promise.all([accept(guest, token), accept(guest, token)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 404])
  expect(code(await accept(guest, token))).toEqual([404, "invite.not_found"])
  expect(await membersOf(host)).toEqual({ [host.email]: "owner", [guest.email]: "operator" })
  const me = await ask("GET", "auth/me", { token: guest.token, workspace: host.slug })
  expect(me.body.workspace).toMatchObject({ slug: host.slug, role: "operator" })
  expect(await factsOf("user.invited")).toContainEqual(
    expect.objectContaining({ email: guest.email, role: "operator" }),
  )
  expect(JSON.stringify(await factsOf("user.invited"))).not.toContain(String(token))
  const { workspace_id } = host
  const { user_id, email } = guest
  expect(await factsOf("member.changed")).toContainEqual(
    expect.objectContaining({ workspace_id, user_id, email, role: "operator" }),
  )
})

test("an invitation is for one address, and ends: by its time, when taken back, and with its inviter's right", async () => {
  const host = await given.person(house)
  const [admin, guest, other] = [
    await given.member(house, host, "admin"),
    await given.person(house),
    await given.person(house),
  ]
  const first = await invite([admin, host], guest.email, "admin")
  expect(code(await accept(other, first.body.token))).toEqual([403, "invite.not_yours"])
  await change([host, host, admin], "viewer")
  expect(code(await accept(guest, first.body.token))).toEqual([404, "invite.not_found"])
  const second = await invite([host, host], guest.email, "viewer")
  const path = `workspaces/${host.workspace_id}/invites/${second.body.id}`
  expect((await ask("DELETE", path, { token: host.token })).status).toBe(204)
  expect((await ask("DELETE", path, { token: host.token })).status).toBe(404)
  expect((await accept(guest, second.body.token)).status).toBe(404)
  const third = await invite([host, host], guest.email, "viewer")
  const id = String(third.body.id)
  await house.database.run(
    (sql) => sql`update iam.invite set expires_at = now() where id = ${id}::text::uuid`,
  )
  expect((await accept(guest, third.body.token)).status).toBe(404)
  expect(await membersOf(host)).toEqual({ [host.email]: "owner", [admin.email]: "viewer" })
})

test("nobody invites, raises or removes above their own role, and who may not manage does nothing at all", async () => {
  const host = await given.person(house)
  const by = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await given.member(house, host, role)] as const)),
  ) as Record<(typeof roles)[number], Person>
  const before = await membersOf(host)
  for (const role of ["viewer", "operator", "developer"] as const) {
    const answers = [
      await invite([by[role], host], "new@example.test", "viewer"),
      await change([by[role], host, by.viewer], "operator"),
      await change([by[role], host, by[role]], "owner"),
      await remove(by[role], host, by.admin),
    ]
    expect(answers.map(code)).toEqual(answers.map(() => [403, "auth.forbidden"]))
  }
  const above = [
    await invite([by.admin, host], "new@example.test", "owner"),
    await change([by.admin, host, by.admin], "owner"),
    await change([by.admin, host, by.owner], "viewer"),
    await remove(by.admin, host, by.owner),
  ]
  expect(above.map(code)).toEqual(above.map(() => [403, "member.above"]))
  expect(await membersOf(host)).toEqual(before)
})

test("the last owner neither leaves nor is made something else, also when two go at once", async () => {
  const host = await given.person(house)
  expect(code(await remove(host, host, host))).toEqual([409, "member.last_owner"])
  expect(code(await change([host, host, host], "admin"))).toEqual([409, "member.last_owner"])
  const second = await given.member(house, host, "owner")
  const both = await Promise.all([remove(host, host, host), remove(second, host, second)])
  expect(both.map(({ status }) => status).sort()).toEqual([204, 409])
})

test("who has left finds the workspace no more; their tokens for it are gone, and they sign in elsewhere", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "operator")
  const workspace = host.slug
  const made = await ask("POST", "tokens", { token: guest.token, workspace, body: { name: "ci" } })
  const token = String(made.body.token)
  expect((await ask("GET", "auth/me", { token })).status).toBe(200)
  expect((await remove(guest, host, guest)).status).toBe(204)
  const fresh = given.secondEye(house)
  const chosen = { authorization: `Bearer ${guest.token}`, workspace }
  await expect(fresh(chosen)).rejects.toMatchObject({ code: "workspace.not_found" })
  const again = { authorization: `Bearer ${token}`, workspace: undefined }
  await expect(fresh(again)).rejects.toMatchObject({ code: "auth.invalid" })
})

test("another's workspace is not there for any of its operations", async () => {
  const [host, stranger] = [await given.person(house), await given.person(house)]
  const path = `workspaces/${host.workspace_id}`
  const { token } = stranger
  const answers = [
    await ask("GET", path, { token }),
    await ask("PATCH", path, { token, body: { name: "Mine" } }),
    await ask("POST", `${path}/archive`, { token }),
    await ask("POST", `${path}/restore`, { token }),
    await ask("GET", `${path}/members`, { token }),
    await change([stranger, host, host], "viewer"),
    await remove(stranger, host, host),
    await remove(stranger, host, stranger),
    await ask("GET", `${path}/invites`, { token }),
    await invite([stranger, host], stranger.email, "owner"),
    await ask("DELETE", `${path}/invites/${host.user_id}`, { token }),
  ]
  expect(answers.map(code)).toEqual(answers.map(() => [404, "workspace.not_found"]))
})
