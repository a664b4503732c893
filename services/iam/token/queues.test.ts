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

test("a token is for its queues alone at every verifier, and is listed with them", async () => {
  const { status, body } = await make(owner.token, { queues: ["mail", "bulk", "mail"] })
  expect([status, body.queues]).toEqual([201, ["mail", "bulk"]])
  expect((await actorOf(body.token)).queues).toEqual(["mail", "bulk"])
  const { body: page } = await ask("GET", "tokens", { token: owner.token })
  expect((page.items as { queues: string[] }[])[0]?.queues).toEqual(["mail", "bulk"])
  const { body: other } = await make(owner.token, {})
  expect([other.queues, (await actorOf(other.token)).queues]).toEqual([null, undefined])
})

test("a token for some queues makes others for these at most, whatever is asked for", async () => {
  const { token } = (await make(owner.token, { queues: ["mail", "bulk"] })).body as { token: string }
  const refused = await make(token, { queues: ["mail", "payments"] })
  expect([refused.status, refused.body.code]).toEqual([403, "auth.other_queue"])
  expect(refused.body.detail).toBe("Your token is for queues `mail`, `bulk`, and not for queue `payments`.")
  expect((await make(token, {})).body.queues).toEqual(["mail", "bulk"])
  expect((await make(token, { queues: ["bulk"] })).body.queues).toEqual(["bulk"])
  expect((await make(token, { all_workspaces: true })).body.code).toBe("workspace.bound_token")
  expect((await ask("DELETE", "auth/sessions", { token })).body.code).toBe("workspace.bound_token")
})

test("a service account's token may be for some queues, and who is for some gives no others", async () => {
  const root = `workspaces/${owner.workspace_id}/service-accounts`
  const account = await ask("POST", root, { token: owner.token, body: { name: "mailer", role: "operator" } })
  const path = `${root}/${account.body.id}/tokens`
  const made = await ask("POST", path, { token: owner.token, body: { name: "t", queues: ["mail"] } })
  expect((await actorOf(made.body.token)).queues).toEqual(["mail"])
  const { body: bound } = await make(owner.token, { queues: ["bulk"] })
  const refused = await ask("POST", path, {
    token: String(bound.token),
    body: { name: "t", queues: ["mail"] },
  })
  expect([refused.status, refused.body.code]).toEqual([403, "auth.other_queue"])
  const inherited = await ask("POST", path, { token: String(bound.token), body: { name: "t" } })
  expect(inherited.body.queues).toEqual(["bulk"])
})

test.each([
  [[]],
  [["*"]],
  [["Mail"]],
  [["a,b"]],
  [[""]],
  ["mail"],
  [Array.from({ length: 101 }, (_, n) => `q${n}`)],
])("queues %p are refused", async (queues) => {
  expect((await make(owner.token, { queues })).status).toBe(422)
})
