import { afterAll, beforeAll, expect, test } from "bun:test"
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

const actorOf = (token: unknown) =>
  given.secondEye(house)({ authorization: `Bearer ${token}`, workspace: undefined })

test("a token is for its scopes alone at every verifier, and is listed with them", async () => {
  const { status, body } = await make(owner.token, { scopes: ["run.start", "run.read", "run.start"] })
  expect([status, body.scopes]).toEqual([201, ["run.start", "run.read"]])
  expect((await actorOf(body.token)).scopes).toEqual(["run.start", "run.read"])
  const { body: page } = await ask("GET", "tokens", { token: owner.token })
  expect((page.items as { scopes: string[] }[])[0]?.scopes).toEqual(["run.start", "run.read"])
  const refused = await ask("GET", "tokens", { token: String(body.token) })
  expect([refused.status, refused.body.code]).toEqual([403, "auth.forbidden"])
})

test("no token is made for what one may not do oneself", async () => {
  const guest = await given.member(house, owner, "viewer")
  const body = { name: "t", scopes: ["run.start"] }
  const refused = await ask("POST", "tokens", { token: guest.token, workspace: owner.slug, body })
  expect([refused.status, refused.body.code]).toEqual([403, "auth.forbidden"])
})

test("a token for some things makes others for these at most, whatever is asked for", async () => {
  const scopes = ["token.manage", "run.read"]
  const { token } = (await make(owner.token, { scopes })).body as { token: string }
  expect((await make(token, { scopes: ["run.start"] })).status).toBe(403)
  expect((await make(token, {})).body.scopes).toEqual(scopes)
  expect((await make(token, { all_workspaces: true })).body.code).toBe("workspace.bound_token")
})

test("scopes don't outlast what their holder may do", async () => {
  const guest = await given.member(house, owner, "admin")
  const body = { name: "t", scopes: ["workspace.rename", "run.start"] }
  const made = await ask("POST", "tokens", { token: guest.token, workspace: owner.slug, body })
  const token = String(made.body.token)
  const rename = () => ask("PATCH", `workspaces/${owner.workspace_id}`, { token, body: { name: "x" } })
  expect((await rename()).status).toBe(200)
  const path = `workspaces/${owner.workspace_id}/members/${guest.user_id}`
  await ask("PATCH", path, { token: owner.token, body: { role: "viewer" } })
  const refused = await rename()
  expect([refused.status, refused.body.code]).toEqual([403, "auth.forbidden"])
})

test("it does nothing for its holder's account, and leaves no workspace for them", async () => {
  const guest = await given.member(house, owner, "admin")
  const body = { name: "t", scopes: ["run.read"] }
  const made = await ask("POST", "tokens", { token: guest.token, workspace: owner.slug, body })
  const token = String(made.body.token)
  const left = await ask("DELETE", `workspaces/${owner.workspace_id}/members/${guest.user_id}`, { token })
  expect([left.status, left.body.code]).toEqual([403, "auth.forbidden"])
  expect((await ask("DELETE", "auth/sessions", { token })).body.code).toBe("workspace.bound_token")
})

const limits = [
  ["a role below its holder's", { role: "viewer" }],
  ["their own role", { role: "admin" }],
  ["scopes", { scopes: ["run.read", "member.manage"] }],
  ["queues", { queues: ["mail"] }],
] as const

test.each(limits)(
  "a token with %s removes itself alone, and makes its holder leave nothing",
  async (_, of) => {
    const guest = await given.member(house, owner, "admin")
    const workspace = owner.slug
    const [kept, made] = await Promise.all(
      [{}, of].map((more) =>
        ask("POST", "tokens", { token: guest.token, workspace, body: { name: "t", ...more } }),
      ),
    )
    const token = String(made?.body.token)
    const path = `workspaces/${owner.workspace_id}/members`
    const answers = [
      await ask("DELETE", `${path}/${guest.user_id}`, { token }),
      await ask("DELETE", `${path}/${guest.user_id.toUpperCase()}`, { token }),
      await ask("DELETE", `tokens/${kept?.body.id}`, { token }),
    ]
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      answers.map(() => [403, "auth.forbidden"]),
    )
    expect(await actorOf(kept?.body.token)).toMatchObject({ role: "admin", user_id: guest.user_id })
    expect((await ask("DELETE", `tokens/${made?.body.id}`, { token })).status).toBe(204)
    await expect(actorOf(token)).rejects.toMatchObject({ code: "auth.invalid" })
  },
)

test("one whose scopes say that it is for tokens removes others of its holder's", async () => {
  const kept = await make(owner.token, {})
  const { token } = (await make(owner.token, { scopes: ["token.manage"] })).body
  expect((await ask("DELETE", `tokens/${kept.body.id}`, { token: String(token) })).status).toBe(204)
})

const soon = () => new Date(Date.now() + 3_600_000).toISOString()

test("what a token with an end makes ends with it at the latest, for programs too", async () => {
  const ends = soon()
  const { token } = (await make(owner.token, { expires_at: ends, all_workspaces: true })).body
  const later = new Date(Date.now() + 86_400_000).toISOString()
  const sooner = new Date(Date.now() + 60_000).toISOString()
  for (const [wanted, given_end] of [
    [undefined, ends],
    [later, ends],
    [sooner, sooner],
  ]) {
    const { status, body } = await make(String(token), { expires_at: wanted, all_workspaces: true })
    expect([status, body.expires_at]).toEqual([201, given_end])
  }
  const path = `workspaces/${owner.workspace_id}/service-accounts`
  const program = await ask("POST", path, { token: owner.token, body: { name: "brief", role: "viewer" } })
  const made = await ask("POST", `${path}/${program.body.id}/tokens`, {
    token: String(token),
    body: { name: "t" },
  })
  expect([made.status, made.body.expires_at]).toEqual([201, ends])
})

test("a token with an end lets no device in, which would stay; it may send one away", async () => {
  const { token } = (await make(owner.token, { expires_at: soon(), all_workspaces: true })).body
  const { user_code } = (await ask("POST", "auth/device/code")).body
  const decide = (approve: boolean) =>
    ask("POST", "auth/device/approve", { token: String(token), body: { user_code, approve } })
  const refused = await decide(true)
  expect([refused.status, refused.body.code]).toEqual([403, "auth.forbidden"])
  expect((await decide(false)).status).toBe(204)
})

test.each([[[]], [["run.everything"]], [["__proto__"]], ["run.read"]])(
  "scopes %p are refused",
  async (scopes) => {
    expect((await make(owner.token, { scopes })).status).toBe(422)
  },
)
