import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse } from "./given.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
})
afterAll(() => house.close())

const nobodys = "0198c0de-0000-7000-8000-000000000000"
const long_ago = "2001-01-01T00:00:00.000Z"

/** What no body of these operations names, though their rows have it, or their use-cases take it. */
const unnamed = {
  ...{ id: nobodys, user_id: nobodys, workspace_id: nobodys, account_id: nobodys, invited_by: nobodys },
  ...{ verified: true, verified_at: long_ago, created_at: long_ago, suspended_at: long_ago },
  ...{ archived_at: long_ago, accepted_at: long_ago, revoked_at: long_ago, created_by: nobodys },
  ...{ kind: "service", capped: false, hash: "x", token: "wft_mine", mailed: true },
  ...{ actor: { role: "owner" }, constructor: { prototype: { role: "owner" } } },
}

const answer = ({ status, body }: { status: number; body: Record<string, unknown> }) => ({ status, body })

test("fields that an operation doesn't name change nothing, whatever they are called elsewhere", async () => {
  const email = `${crypto.randomUUID()}@example.test`
  const person = { email, password: given.password, name: "Ada" }
  const made = answer(await ask("POST", "auth/register", { body: { ...unnamed, role: "owner", ...person } }))
  expect(made.body).toMatchObject({ user: { email, verified_at: null }, workspace: { archived_at: null } })
  const { user, workspace } = made.body as Record<"user" | "workspace", { id: string; slug: string }>
  expect([user.id, workspace.id]).not.toContain(nobodys)
  const login = await ask("POST", "auth/login", { body: { ...unnamed, ...person } })
  const token = String(login.body.access_token)
  const root = `workspaces/${workspace.id}`

  const own = await ask("POST", "tokens", { token, body: { ...unnamed, name: "t" } })
  expect(own.body).toMatchObject({ name: "t", role: null, expires_at: null })
  expect([own.body.id, own.body.token]).not.toContain(nobodys)
  expect(own.body.token).not.toBe(unnamed.token)
  expect((await ask("GET", "auth/me", { token: String(own.body.token) })).body).toMatchObject({ user })

  const renamed = await ask("PATCH", root, { token, body: { ...unnamed, slug: "default-2", name: "New" } })
  expect(renamed.body).toMatchObject({
    id: workspace.id,
    slug: workspace.slug,
    name: "New",
    archived_at: null,
  })

  const body = { ...unnamed, email: "guest@example.test", role: "viewer" }
  const invite = await ask("POST", `${root}/invites`, { token, body })
  expect(invite.body).toMatchObject({ role: "viewer", invited_by: user.id, mailed: false })
  expect(invite.body.token).toMatch(/^wfi_/)

  const program = await ask("POST", `${root}/service-accounts`, {
    token,
    body: { ...unnamed, email: "root@example.test", name: "robot", role: "viewer" },
  })
  expect(program.body).toMatchObject({ name: "robot", role: "viewer", created_by: user.id })
  expect(program.body.email).toEndWith(".service.invalid")
  const path = `${root}/service-accounts/${program.body.id}/tokens`
  const its = await ask("POST", path, {
    token,
    body: { ...unnamed, role: "owner", all_workspaces: true, name: "t" },
  })
  expect(its.body).toMatchObject({ role: null, all_workspaces: false })
  const changed = await ask("PATCH", `${root}/members/${program.body.id}`, {
    token,
    body: { ...unnamed, role: "operator", email: "root@example.test" },
  })
  expect(changed.body).toMatchObject({ user_id: program.body.id, role: "operator", suspended_at: null })
})
