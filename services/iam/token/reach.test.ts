import { afterAll, beforeAll, expect, test } from "bun:test"
import { includes, isPermission, permissions } from "#kernel/auth/permissions.ts"
import { given, type IamHouse, type Person } from "../given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
let owner: Person
let path: string
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
  owner = await given.person(house)
  path = `workspaces/${owner.workspace_id}`
})
afterAll(() => house.close())

const soon = () => new Date(Date.now() + 3_600_000).toISOString()

const tokenWith = async (more: object): Promise<string> =>
  String((await ask("POST", "tokens", { token: owner.token, body: { name: "t", ...more } })).body.token)

const told = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
  status < 300 ? "done" : `${body.code}`

const suspend = (user_id: string) => ask("POST", `${path}/members/${user_id}/suspend`, { token: owner.token })

let made = 0

/** All that lets somebody in for good, tried with the token: inviting, making a program, raising, and resuming. */
const tryAll = async (token: string, role: string) => {
  made += 1
  const [member, out] = [
    await given.member(house, owner, "viewer"),
    await given.member(house, owner, "viewer"),
  ]
  if (role !== "viewer")
    await ask("PATCH", `${path}/members/${out.user_id}`, { token: owner.token, body: { role } })
  await suspend(out.user_id)
  const email = `${crypto.randomUUID()}@example.test`
  const raised = role === "viewer" ? "operator" : role
  return {
    invited: told(await ask("POST", `${path}/invites`, { token, body: { email, role } })),
    program: told(await ask("POST", `${path}/service-accounts`, { token, body: { name: `p${made}`, role } })),
    raised: told(await ask("PATCH", `${path}/members/${member.user_id}`, { token, body: { role: raised } })),
    resumed: told(await ask("POST", `${path}/members/${out.user_id}/resume`, { token })),
  }
}

const all = (answer: string) => ({ invited: answer, program: answer, raised: answer, resumed: answer })

const of = (role: "viewer" | "operator") =>
  Object.keys(permissions)
    .filter(isPermission)
    .filter((permission) => includes(role, permission))

test("a person lets others in, and so does a token that is as they are", async () => {
  expect(await tryAll(owner.token, "admin")).toEqual(all("done"))
  expect(await tryAll(await tokenWith({}), "admin")).toEqual(all("done"))
  // What `wf login --sso` keeps: the person, until they sign in anew.
  const theirs = await tokenWith({ all_workspaces: true, expires_at: soon() })
  expect(await tryAll(theirs, "admin")).toEqual(all("done"))
})

test("a token that ends lets nobody in, who would stay", async () => {
  expect(await tryAll(await tokenWith({ expires_at: soon() }), "viewer")).toEqual(all("auth.forbidden"))
})

test("a token for managing members alone gives no role, which would be more than it has", async () => {
  expect(await tryAll(await tokenWith({ scopes: ["member.manage"] }), "viewer")).toEqual(
    all("auth.forbidden"),
  )
  const as_viewer = await tokenWith({ scopes: ["member.manage", ...of("viewer")] })
  expect(await tryAll(as_viewer, "viewer")).toEqual({ ...all("done"), raised: "auth.forbidden" })
  expect(await tryAll(as_viewer, "operator")).toEqual(all("auth.forbidden"))
  const as_operator = await tokenWith({ scopes: ["member.manage", ...of("operator")] })
  expect(await tryAll(as_operator, "operator")).toEqual(all("done"))
})

test("a token for some queues lets nobody in who would work on all", async () => {
  const token = await tokenWith({ queues: ["mail"] })
  expect(await tryAll(token, "operator")).toEqual(all("auth.forbidden"))
  expect(await tryAll(token, "viewer")).toEqual({ ...all("done"), raised: "auth.forbidden" })
})

test("a token with a role below its holder's gives none above that", async () => {
  expect(await tryAll(await tokenWith({ role: "admin" }), "owner")).toEqual(all("member.above"))
})

test("lowering, suspending and removing are no reach, and are done by whoever manages members", async () => {
  const token = await tokenWith({ scopes: ["member.manage"], expires_at: soon() })
  const member = await given.member(house, owner, "operator")
  const one = `${path}/members/${member.user_id}`
  expect(told(await ask("PATCH", one, { token, body: { role: "viewer" } }))).toBe("done")
  expect(told(await ask("POST", `${one}/suspend`, { token }))).toBe("done")
  expect(told(await ask("DELETE", one, { token }))).toBe("done")
})

test("an invitation ends with the token that made it at the latest", async () => {
  const expires_at = soon()
  const token = await tokenWith({ all_workspaces: true, expires_at })
  const invite = async (more: object) => {
    const body = { email: `${crypto.randomUUID()}@example.test`, role: "viewer", ...more }
    return (await ask("POST", `${path}/invites`, { token, body })).body.expires_at
  }
  const sooner = new Date(Date.now() + 60_000).toISOString()
  expect(await Promise.all([invite({}), invite({ expires_at: sooner })])).toEqual([expires_at, sooner])
})

test("an operator's token that ends resumes no account", async () => {
  const person = await given.person(house)
  const token = await tokenWith({ expires_at: soon() })
  const account = `auth/accounts/${person.user_id}`
  expect(told(await ask("POST", `${account}/suspend`, { token }))).toBe("done")
  expect(told(await ask("POST", `${account}/resume`, { token }))).toBe("auth.forbidden")
  expect(told(await ask("POST", `${account}/resume`, { token: owner.token }))).toBe("done")
})
