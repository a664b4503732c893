import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type Person } from "../given.ts"
import { type SsoHouse, sso } from "./given.ts"

let it: SsoHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  it = await sso.house({ may_link_by_email: true })
  ask = given.send(it.house)
})
afterAll(() => it.close())

/** The person whose address it is comes by the provider. */
const link = ({ email, user_id }: Person): Promise<string> => {
  it.provider.people.set(user_id, { email, email_verified: true, name: "Ada", groups: ["builders"] })
  return sso.token(it, user_id)
}

const rolesIn = async ({ workspace_id, slug }: Person, token: string) => {
  const { body } = await ask("GET", `workspaces/${workspace_id}/members`, { token, workspace: slug })
  return (body.items as { email: string; role: string }[]).map(({ email, role }) => [email, role])
}

const isIn = async (token: string, workspace?: string) =>
  (await ask("GET", "auth/me", { token, ...(workspace !== undefined && { workspace }) })).status === 200

/** A program of that workspace, as its owner makes one. */
const program = async ({ workspace_id, token }: Person): Promise<string> => {
  const path = `workspaces/${workspace_id}/service-accounts`
  const made = await ask("POST", path, { token, body: { name: "spy", role: "owner" } })
  const { body } = await ask("POST", `${path}/${made.body.id}/tokens`, { token, body: { name: "t" } })
  return String(body.token)
}

test("nobody whom the maker of an unconfirmed account has let in is in its workspace any more", async () => {
  const victim = await given.person(it.house)
  const helper = await given.member(it.house, victim, "admin")
  const own = { token: helper.token, workspace: victim.slug, body: { name: "kept" } }
  const kept = String((await ask("POST", "tokens", own)).body.token)
  const spy = await program(victim)
  const late = await given.person(it.house)
  const invites = `workspaces/${victim.workspace_id}/invites`
  const body = { email: late.email, role: "admin" }
  const invite = await ask("POST", invites, { token: helper.token, workspace: victim.slug, body })
  expect([await isIn(helper.token, victim.slug), await isIn(kept), await isIn(spy)]).toEqual([
    true,
    true,
    true,
  ])
  const token = await link(victim)
  expect(await rolesIn(victim, token)).toEqual([[victim.email, "owner"]])
  const fresh = given.secondEye(it.house)
  for (const [used, workspace] of [
    [helper.token, victim.slug],
    [kept, undefined],
    [spy, undefined],
  ] as const) {
    await expect(fresh({ authorization: `Bearer ${used}`, workspace })).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:auth\.invalid|workspace\.not_found)$/),
    })
  }
  const joined = await ask("POST", "invites/accept", {
    token: late.token,
    body: { token: invite.body.token },
  })
  expect(joined.body.code).toBe("invite.not_found")
  const { body: log } = await ask("GET", "audit", { token, workspace: victim.slug })
  const deeds = (log.items as { action: string; details: { by?: string } }[]).filter(
    ({ details }) => details.by === "link",
  )
  expect(deeds.map(({ action }) => action).toSorted()).toEqual([
    "invite.revoked",
    "member.removed",
    "service_account.deleted",
  ])
  expect(await isIn(helper.token)).toBe(true)
})

test("every other service hears that they are members no more", async () => {
  const victim = await given.person(it.house)
  const helper = await given.member(it.house, victim, "admin")
  await link(victim)
  const told = await it.house.database.run(
    (sql) => sql<{ subject: string }>`select subject::text from iam.revocation order by id desc limit 20`,
  )
  expect(told.map(({ subject }) => subject)).toContain(helper.user_id)
})

test("a workspace that somebody else owns, too, stays theirs, and the account isn't in it", async () => {
  const [victim, host] = [await given.person(it.house), await given.person(it.house)]
  const second = await given.member(it.house, victim, "owner")
  const invites = `workspaces/${host.workspace_id}/invites`
  const body = { email: victim.email, role: "viewer" }
  const invite = await ask("POST", invites, { token: host.token, body })
  const accepted = { token: victim.token, body: { token: invite.body.token } }
  expect((await ask("POST", "invites/accept", accepted)).status).toBe(200)
  const token = await link(victim)
  const { items } = (await ask("GET", "workspaces", { token })).body as { items: { slug: string }[] }
  expect(items.map(({ slug }) => slug)).toEqual(["default"])
  expect(await rolesIn(victim, second.token)).toEqual([[second.email, "owner"]])
  expect(await rolesIn(host, host.token)).toEqual([[host.email, "owner"]])
})

test("who is in the workspace that people come into stays there", async () => {
  const colleague = await given.member(it.house, it.owner, "viewer")
  const spy = await program(it.owner)
  it.provider.people.set("owner", { email: it.owner.email, email_verified: true, groups: ["bosses"] })
  it.reconfigure({ may_link_by_email: true, roles: new Map([["bosses", "owner"]]) })
  await sso.token(it, "owner")
  expect([await isIn(colleague.token, "default"), await isIn(spy)]).toEqual([true, true])
})
