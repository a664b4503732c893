import { afterAll, beforeAll, expect, test } from "bun:test"
import { given } from "../given.ts"
import { type SsoHouse, sso } from "./given.ts"

let it: SsoHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  it = await sso.house()
  ask = given.send(it.house)
  join(["builders"])
})
afterAll(() => it.close())

const adas_id = async (): Promise<string> => {
  const { body } = await ask("GET", `workspaces/${it.owner.workspace_id}/members`, { token: it.owner.token })
  const items = body.items as { email: string; user_id: string }[]
  return items.find(({ email }) => email === "ada@example.test")?.user_id ?? ""
}

const asOwner = (path: string) => ask("POST", path, { token: it.owner.token })

/** What the program hears, or what it is refused with when it comes with its code. */
const outcome = async (): Promise<unknown> => {
  const { program, answer } = await sso.signIn(it, "ada")
  const code = answer.get("code")
  if (code === null) return answer.get("error")
  const { status, body } = await sso.redeem(it, code, program.verifier)
  return status === 200 ? "in" : body.code
}

const person = { email: "ada@example.test", email_verified: true, name: "Ada" }

const join = (groups: readonly string[]) => it.provider.people.set("ada", { ...person, groups: [...groups] })

test("a member who is suspended stays so, whatever their groups say, and also when those were gone for a while", async () => {
  expect(await outcome()).toBe("in")
  const member = `workspaces/${it.owner.workspace_id}/members/${await adas_id()}`
  await asOwner(`${member}/suspend`)
  join(["admins"])
  expect(await outcome()).toBe("member.suspended")
  join([])
  expect(await outcome()).toBe("oidc.not_allowed")
  join(["admins"])
  expect(await outcome()).toBe("member.suspended")
  expect((await asOwner(`${member}/resume`)).body).toMatchObject({ role: "admin", suspended_at: null })
  expect(await outcome()).toBe("in")
})

test("a suspended account doesn't come in through the provider either, and nothing is changed by trying", async () => {
  const account = `auth/accounts/${await adas_id()}`
  await asOwner(`${account}/suspend`)
  const before = await sso.state(it)
  join(["watchers"])
  expect(await outcome()).toBe("account.suspended")
  expect(await sso.state(it)).toEqual(before)
  await asOwner(`${account}/resume`)
  expect(await outcome()).toBe("in")
})
