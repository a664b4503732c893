import { afterAll, beforeAll, expect, test } from "bun:test"
import { accessTokenVerifier } from "#kernel/auth/access-token.ts"
import type { Database } from "#kernel/database/database.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { given } from "../given.ts"
import { grantOf } from "../session/grant.ts"
import { openKeys } from "./keys.ts"
import { rotateOldKeys } from "./rotate.ts"

let database: Database
beforeAll(async () => {
  database = await given.database()
})
afterAll(() => database.close())

const kit = systemKit()

test("first starts at the same time agree on one key, and another key file doesn't open it", async () => {
  const key = given.key()
  const opened = await Promise.all([1, 2, 3].map(() => openKeys({ database, key, kit })))
  expect(new Set(opened.map(({ jwks }) => jwks)).size).toBe(1)
  expect(opened[0]?.jwks).not.toContain('"d"')
  await expect(openKeys({ database, key: given.key(), kit })).rejects.toThrow("not the key file")
})

const idsOf = (jwks: string) => (JSON.parse(jwks) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)

const holder = {
  ...{ session_id: crypto.randomUUID(), user_id: crypto.randomUUID(), workspace_id: crypto.randomUUID() },
  ...{ email: "ada@example.test", role: "owner", archived: false },
}

/** As if so long had passed for the keys. */
const pass = (seconds: number) =>
  database.run(
    (sql) => sql`
      update iam.signing_key set signs_at = signs_at - ${seconds}::int * interval '1 second',
        ends_at = ends_at - ${seconds}::int * interval '1 second'`,
  )

test("a key of age is followed by another that is known before it signs, and goes when nothing it signed is good", async () => {
  await database.run((sql) => sql`delete from iam.signing_key`)
  const key = given.key()
  // Two instances, and another service that verifies without ever being started anew.
  const [one, two] = [await openKeys({ database, key, kit }), await openKeys({ database, key, kit })]
  const rounds = [one, two].map((keys) => rotateOldKeys({ database, kit, keys }, 30))
  let clock_ms = 0
  const verify = accessTokenVerifier(
    () => Promise.resolve(two.jwks),
    () => clock_ms,
  )
  const tokenOf = async (keys: typeof one) => (await grantOf({ kit, keys }, holder, "")).access_token
  // As the key signs at first, whatever comes after it.
  const old = { ...one }
  const first = one.signing.id
  const early = await tokenOf(one)
  expect((await verify(early))?.email).toBe(holder.email)

  for (const round of rounds) await round()
  expect(idsOf(one.jwks)).toEqual([first])
  await pass(31 * 86_400)
  await Promise.all(rounds.map((round) => round()))
  for (const round of rounds) await round()
  expect([idsOf(one.jwks).length, idsOf(two.jwks).length]).toEqual([2, 2])
  expect([one.signing.id, two.signing.id]).toEqual([first, first])

  await pass(61)
  for (const round of rounds) await round()
  const second = one.signing.id
  expect([second === first, two.signing.id]).toEqual([false, second])
  const late = await tokenOf(one)
  clock_ms += 6_000
  for (const token of [early, late]) expect((await verify(token))?.email).toBe(holder.email)

  await pass(1_300)
  for (const round of rounds) await round()
  expect([idsOf(one.jwks), idsOf(two.jwks)]).toEqual([[second], [second]])
  const kept = await database.run((sql) => sql<{ id: string }>`select id from iam.signing_key`)
  expect(kept.map(({ id }) => id)).toEqual([second])
  clock_ms += 61_000
  expect([await verify(await tokenOf(old)), (await verify(late))?.email]).toEqual([undefined, holder.email])
})
