import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Authenticate } from "#kernel/auth/authenticate.ts"
import { until } from "#kernel/testing/until.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { listRevoked } from "./list-revoked.ts"
import { distrust } from "./revoke.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
})
afterAll(() => house.close())

const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}`, workspace: undefined })

const again = async ({ email }: Person) => {
  const { body } = await ask("POST", "auth/login", { body: { email, password: given.password } })
  return { token: String(body.access_token), refresh_token: String(body.refresh_token) }
}

/** Another service, that has let the caller in already. */
const serviceThatKnows = async (who: { token: string }): Promise<Authenticate> => {
  const authenticate = given.secondEye(house)
  await authenticate(bearer(who))
  return authenticate
}

const isRefused = (authenticate: Authenticate, who: { token: string }) =>
  authenticate(bearer(who)).then(
    () => false,
    ({ code }) => code === "auth.invalid",
  )

/** A second is what is promised; a machine that does much else meanwhile is given three. */
const promised_ms = 3_000

const refusedWithinASecond = async (authenticate: Authenticate, who: { token: string }) => {
  const began_ms = performance.now()
  await until("refused", () => isRefused(authenticate, who))
  expect(performance.now() - began_ms).toBeLessThan(promised_ms)
}

test("a logout holds at every service within a second, and for no other session", async () => {
  const ada = await given.person(house)
  const other = await again(ada)
  const service = await serviceThatKnows(ada)
  expect((await ask("POST", "auth/logout", { token: ada.token })).status).toBe(204)
  await refusedWithinASecond(service, ada)
  expect(await service(bearer(other))).toMatchObject({ user_id: ada.user_id })
  expect(await isRefused(given.secondEye(house), ada)).toBe(true)
})

test("sessions are listed with device and address, ended one by one, and all at once", async () => {
  const ada = await given.person(house)
  const [second, third] = [await again(ada), await again(ada)]
  const { body } = await ask("GET", "auth/sessions", { token: ada.token })
  const items = body.items as { id: string; current: boolean }[]
  expect(items.map(({ current }) => current)).toEqual([false, false, true])
  expect(items[0]).toMatchObject({ device: expect.any(String), address: null })
  const eve = await given.person(house)
  const path = `auth/sessions/${items[1]?.id}`
  expect((await ask("DELETE", path, { token: eve.token })).status).toBe(404)
  expect((await ask("DELETE", path, { token: ada.token })).status).toBe(204)
  expect((await ask("DELETE", path, { token: ada.token })).status).toBe(404)
  const service = await serviceThatKnows(third)
  await refusedWithinASecond(service, second)
  expect((await ask("DELETE", "auth/sessions", { token: ada.token })).status).toBe(204)
  await refusedWithinASecond(service, third)
  await refusedWithinASecond(service, ada)
  const renewed = await ask("POST", "auth/refresh", { body: { refresh_token: third.refresh_token } })
  expect(renewed.status).toBe(401)
  const anew = await again(ada)
  expect(await service(bearer(anew))).toMatchObject({ user_id: ada.user_id })
})

test("a role that was changed, and a membership that was ended, hold within a second for tokens that say otherwise", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "viewer")
  const chosen = { authorization: `Bearer ${guest.token}`, workspace: host.slug }
  const service = given.secondEye(house)
  expect(await service(chosen)).toMatchObject({ role: "viewer" })
  const own = { token: host.token, body: { role: "owner" } }
  const path = `workspaces/${host.workspace_id}/members`
  await ask("PATCH", `${path}/${guest.user_id}`, own)
  await until("the new role counts", async () => (await service(chosen)).role === "owner")
  // The host's own token says owner, by its signature.
  const byItself = await serviceThatKnows(host)
  const lower = { token: guest.token, workspace: host.slug, body: { role: "viewer" } }
  expect((await ask("PATCH", `${path}/${host.user_id}`, lower)).status).toBe(200)
  const began_ms = performance.now()
  await until("the lower role counts", async () => (await byItself(bearer(host))).role === "viewer")
  expect(performance.now() - began_ms).toBeLessThan(promised_ms)
  await ask("DELETE", `${path}/${host.user_id}`, { token: guest.token, workspace: host.slug })
  await refusedWithinASecond(byItself, host)
})

test("a membership that was ended holds within a second for who was believed by their signature alone", async () => {
  const host = await given.person(house)
  const second = await given.member(house, host, "owner")
  const service = await serviceThatKnows(host)
  const path = `workspaces/${host.workspace_id}/members/${host.user_id}`
  expect((await ask("DELETE", path, { token: second.token })).status).toBe(204)
  await refusedWithinASecond(service, host)
})

test("the reuse of a refresh token ends its access tokens too", async () => {
  const ada = await given.person(house)
  const { refresh_token } = ada
  const service = await serviceThatKnows(ada)
  await ask("POST", "auth/refresh", { body: { refresh_token } })
  await house.database.run(
    (sql) =>
      sql`update iam.refresh_token set used_at = now() - interval '11 seconds' where used_at is not null`,
  )
  expect((await ask("POST", "auth/refresh", { body: { refresh_token } })).status).toBe(401)
  await refusedWithinASecond(service, ada)
})

test("what was revoked in a transaction that commits late is told all the same", async () => {
  const read = listRevoked(house.database)
  const [late, early] = [crypto.randomUUID(), crypto.randomUUID()]
  const start = await read("0")
  const [written, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = house.database.tx(async (sql) => {
    await distrust(sql, [late])
    written.resolve()
    await released.promise
  })
  await written.promise
  await house.database.tx((sql) => distrust(sql, [early]))
  const between = await read(start.cursor)
  released.resolve()
  await slow
  expect([between.subjects.includes(early), between.subjects.includes(late)]).toEqual([true, false])
  expect((await read(between.cursor)).subjects).toContain(late)
  expect((await read("nonsense")).subjects).toContain(late)
})
