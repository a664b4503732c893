import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse, type Person } from "../given.ts"
import { bootstrapOwner } from "../owner/bootstrap.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
let ada: Person
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
  ada = await given.person(house)
})
afterAll(() => house.close())

test("a workspace is made with a slug of its own or of its name, renamed, and its slug is nobody else's", async () => {
  const { token } = ada
  const made = await ask("POST", "workspaces", { token, body: { name: "Data Team" } })
  expect(made.body).toMatchObject({ slug: "data-team", name: "Data Team", role: "owner", archived_at: null })
  const twin = await ask("POST", "workspaces", { token, body: { name: "Twin", slug: "data-team" } })
  expect([twin.status, twin.body.code]).toEqual([409, "workspace.exists"])
  for (const slug of ["", "-a", "a-", "A", "a b", "a/b", "x".repeat(41)])
    expect((await ask("POST", "workspaces", { token, body: { name: "x", slug } })).status).toBe(422)
  const path = `workspaces/${made.body.id}`
  expect((await ask("PATCH", path, { token, body: { name: " " } })).status).toBe(422)
  const renamed = await ask("PATCH", path, { token, body: { name: "Data" } })
  expect(renamed.body).toEqual({ ...made.body, name: "Data" })
  const listed = await ask("GET", "workspaces", { token })
  expect(listed.body.items).toContainEqual(renamed.body)
})

test("an archived workspace is read and nothing is done in it until an owner restores it", async () => {
  const { token, slug: workspace, workspace_id } = ada
  const admin = await given.member(house, ada, "admin")
  const path = `workspaces/${workspace_id}`
  expect((await ask("POST", `${path}/archive`, { token: admin.token })).status).toBe(403)
  const archived = await ask("POST", `${path}/archive`, { token })
  expect(archived.body.archived_at).toBeString()
  expect((await ask("POST", `${path}/archive`, { token })).body).toEqual(archived.body)
  const refused = [
    await ask("PATCH", path, { token, body: { name: "x" } }),
    await ask("POST", `${path}/invites`, { token, body: { email: "x@example.test", role: "viewer" } }),
    await ask("POST", "tokens", { token, workspace, body: { name: "x" } }),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    refused.map(() => [409, "workspace.archived"]),
  )
  expect((await ask("GET", `${path}/members`, { token })).status).toBe(200)
  // Who signs in is told by the token itself; here it is the only workspace, so nothing else can be chosen.
  const login = await ask("POST", "auth/login", { body: { email: ada.email, password: given.password } })
  const fresh = String(login.body.access_token)
  const actor = await house.authenticate({ authorization: `Bearer ${fresh}`, workspace })
  expect(actor).toMatchObject({ archived: true })
  const restored = await ask("POST", `${path}/restore`, { token })
  expect(restored.body.archived_at).toBeNull()
  expect((await ask("PATCH", path, { token, body: { name: "y" } })).status).toBe(200)
})

test("a token opens the workspace it was made in; one for all of them is made by a person only", async () => {
  const { token, slug } = await given.person(house)
  const elsewhere = await ask("POST", "workspaces", { token, body: { name: "Elsewhere" } })
  const workspace = String(elsewhere.body.slug)
  const bound = await ask("POST", "tokens", { token, workspace: slug, body: { name: "bound" } })
  const wide = await ask("POST", "tokens", { token, body: { name: "wide", all_workspaces: true } })
  const [bound_token, wide_token] = [String(bound.body.token), String(wide.body.token)]
  expect((await ask("GET", "auth/me", { token: bound_token, workspace })).status).toBe(404)
  const me = await ask("GET", "auth/me", { token: wide_token, workspace })
  expect(me.body.workspace).toMatchObject({ slug: workspace, role: "owner" })
  expect((await ask("GET", "auth/me", { token: wide_token, workspace: "nowhere" })).status).toBe(404)
  const refused = [
    await ask("POST", "tokens", { token: bound_token, body: { name: "x", all_workspaces: true } }),
    await ask("POST", "workspaces", { token: bound_token, body: { name: "x" } }),
    await ask("POST", "invites/accept", { token: bound_token, body: { token: "wfi_x" } }),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    refused.map(() => [403, "workspace.bound_token"]),
  )
  const path = `workspaces/${elsewhere.body.id}`
  expect((await ask("GET", path, { token: bound_token })).status).toBe(404)
  expect((await ask("GET", path, { token: wide_token })).status).toBe(200)
})

test("the first owner's token goes wherever they go", async () => {
  const token = await bootstrapOwner(house.database, house.iam.kit)
  const made = await ask("POST", "workspaces", { token, body: { name: "Of the owner" } })
  expect((await ask("GET", "auth/me", { token, workspace: String(made.body.slug) })).status).toBe(200)
})
