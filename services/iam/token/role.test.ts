import { afterAll, beforeAll, expect, test } from "bun:test"
import { roles } from "#kernel/auth/permissions.ts"
import { given, type IamHouse, type Person } from "../given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
let owner: Person
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
  owner = await given.person(house)
})
afterAll(() => house.close())

const make = (token: string, body: object) => ask("POST", "tokens", { token, body: { name: "t", ...body } })

const roleOf = async (token: unknown) => {
  const actor = await given.secondEye(house)({ authorization: `Bearer ${token}`, workspace: undefined })
  return actor.role
}

test("a token may do what its role says, and what is listed says so", async () => {
  for (const role of roles) {
    const { status, body } = await make(owner.token, { role })
    expect([status, body.role, await roleOf(body.token)]).toEqual([201, role, role])
  }
  const { body } = await ask("GET", "tokens", { token: owner.token })
  expect((body.items as { role: string }[]).map(({ role }) => role)).toEqual([...roles].reverse())
  expect((await make(owner.token, { role: "boss" })).status).toBe(422)
})

test("no token is made above one's own role, and one that may do less makes none that may do more", async () => {
  const limited = await make(owner.token, { role: "developer" })
  const token = String(limited.body.token)
  expect((await make(token, { role: "admin" })).body.code).toBe("member.above")
  expect((await make(token, { all_workspaces: true })).body.code).toBe("workspace.bound_token")
  const next = await make(token, {})
  expect([next.body.role, await roleOf(next.body.token)]).toEqual(["developer", "developer"])
  const path = `workspaces/${owner.workspace_id}/invites`
  const invite = await ask("POST", path, { token, body: { email: "x@example.test", role: "viewer" } })
  expect([invite.status, invite.body.code]).toEqual([403, "auth.forbidden"])
})

test("a token never does more than its holder may by then", async () => {
  const guest = await given.member(house, owner, "admin")
  const body = { name: "t", role: "developer" }
  const made = await ask("POST", "tokens", { token: guest.token, workspace: owner.slug, body })
  expect(await roleOf(made.body.token)).toBe("developer")
  const path = `workspaces/${owner.workspace_id}/members/${guest.user_id}`
  await ask("PATCH", path, { token: owner.token, body: { role: "viewer" } })
  expect(await roleOf(made.body.token)).toBe("viewer")
})

test("a token for all workspaces that may do less does so in each, and nothing for its holder's account", async () => {
  const made = await make(owner.token, { role: "operator", all_workspaces: true })
  const token = String(made.body.token)
  const elsewhere = await ask("POST", "workspaces", { token: owner.token, body: { name: "Elsewhere" } })
  const chosen = { authorization: `Bearer ${token}`, workspace: String(elsewhere.body.slug) }
  expect(await given.secondEye(house)(chosen)).toMatchObject({ role: "operator" })
  const refused = [
    await ask("POST", "workspaces", { token, body: { name: "x" } }),
    await ask("DELETE", "auth/sessions", { token }),
    await ask("POST", "invites/accept", { token, body: { token: "wfi_x" } }),
  ]
  expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => "workspace.bound_token"))
  const path = `workspaces/${elsewhere.body.id}`
  expect((await ask("POST", `${path}/archive`, { token })).status).toBe(404)
})
