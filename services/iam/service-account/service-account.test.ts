import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse, type Person } from "../given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
let owner: Person
let root: string
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
  owner = await given.person(house)
  root = `workspaces/${owner.workspace_id}/service-accounts`
})
afterAll(() => house.close())

const create = (name: string, role = "operator", token = owner.token) =>
  ask("POST", root, { token, workspace: owner.slug, body: { name, role } })

const tokenOf = async (id: unknown, body: object = {}, token = owner.token) =>
  ask("POST", `${root}/${id}/tokens`, { token, workspace: owner.slug, body: { name: "t", ...body } })

const actorOf = (token: unknown) =>
  given.secondEye(house)({ authorization: `Bearer ${token}`, workspace: undefined })

test("a program acts as its service account, whose last use is shown", async () => {
  const made = await create("deploy")
  expect([made.status, made.body.name, made.body.last_used_at]).toEqual([201, "deploy", null])
  const { body } = await tokenOf(made.body.id, { scopes: ["run.start"] })
  expect(await actorOf(body.token)).toMatchObject({
    kind: "token",
    user_id: made.body.id,
    workspace_id: owner.workspace_id,
    role: "operator",
    scopes: ["run.start"],
  })
  const { items } = (await ask("GET", root, { token: owner.token })).body as {
    items: { last_used_at: string }[]
  }
  expect(items[0]?.last_used_at).toStartWith("20")
  expect((await create("deploy")).body.code).toBe("service_account.exists")
})

test("nobody signs in as one, with a password or by a link", async () => {
  const { body } = await create("silent")
  const login = await ask("POST", "auth/login", { body: { email: body.email, password: given.password } })
  expect([login.status, body.email]).toEqual([
    401,
    expect.stringMatching(/^silent-[0-9a-f]{8}@[a-z0-9-]+\.service\.invalid$/),
  ])
})

test("neither it nor its token is above who makes them", async () => {
  const admin = await given.member(house, owner, "admin")
  expect((await create("boss", "owner", admin.token)).body.code).toBe("member.above")
  const made = await create("boss", "owner")
  expect((await tokenOf(made.body.id, {}, admin.token)).body.code).toBe("member.above")
  const kept = await ask("DELETE", `${root}/${made.body.id}`, { token: admin.token, workspace: owner.slug })
  expect(kept.body.code).toBe("member.above")
})

test("a token for some things alone makes none for others, by way of a program either", async () => {
  const scopes = ["member.manage", "run.read"]
  const own = await ask("POST", "tokens", { token: owner.token, body: { name: "narrow", scopes } })
  const token = String(own.body.token)
  const { body } = await create("way-round", "admin")
  expect((await tokenOf(body.id, { scopes: ["secret.give"] }, token)).status).toBe(403)
  expect((await tokenOf(body.id, {}, token)).body.scopes).toEqual(scopes)
})

test("it doesn't count as the owner that a workspace needs", async () => {
  const lone = await given.person(house)
  const path = `workspaces/${lone.workspace_id}`
  const body = { name: "robot", role: "owner" }
  expect((await ask("POST", `${path}/service-accounts`, { token: lone.token, body })).status).toBe(201)
  const left = await ask("DELETE", `${path}/members/${lone.user_id}`, { token: lone.token })
  expect(left.body.code).toBe("member.last_owner")
})

test("its tokens are listed and taken back one by one, and all of them with it", async () => {
  const { body } = await create("brief")
  const [first, second] = [await tokenOf(body.id), await tokenOf(body.id)]
  const path = `${root}/${body.id}`
  expect((await ask("DELETE", `${path}/tokens/${first.body.id}`, { token: owner.token })).status).toBe(204)
  expect((await ask("DELETE", `${path}/tokens/${first.body.id}`, { token: owner.token })).status).toBe(404)
  const { items } = (await ask("GET", `${path}/tokens`, { token: owner.token })).body as {
    items: { id: string }[]
  }
  expect(items.map(({ id }) => id)).toEqual([String(second.body.id)])
  expect(actorOf(first.body.token)).rejects.toThrow()
  expect((await actorOf(second.body.token)).role).toBe("operator")
  expect((await ask("DELETE", path, { token: owner.token })).status).toBe(204)
  expect(actorOf(second.body.token)).rejects.toThrow()
  expect((await create("brief")).status).toBe(201)
})

test("who isn't allowed to manage members gets and changes nothing; another workspace's isn't there", async () => {
  const { body } = await create("guarded")
  const guest = await given.member(house, owner, "developer")
  expect((await create("mine", "viewer", guest.token)).body.code).toBe("auth.forbidden")
  expect((await tokenOf(body.id, {}, guest.token)).body.code).toBe("auth.forbidden")
  const stranger = await given.person(house)
  const theirs = `workspaces/${stranger.workspace_id}/service-accounts/${body.id}`
  for (const [method, path] of [
    ["DELETE", theirs],
    ["POST", `${theirs}/tokens`],
    ["GET", `${theirs}/tokens`],
  ] as const) {
    const more = method === "POST" ? { body: { name: "t" } } : {}
    expect((await ask(method, path, { token: stranger.token, ...more })).body.code).toBe(
      "service_account.not_found",
    )
  }
})
