import { beforeAll, expect, test } from "bun:test"
import { createClient } from "#sdk/index.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest

beforeAll(async () => {
  it = await platform()
}, 120_000)

test("the signing key is rotated by command, both are shown, and nobody has to sign in anew", async () => {
  const { identity } = createClient({ url: it.url })
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...person, name: "Ada" })
  const { access_token } = await identity.login(person)
  const rotated = await it.wf(["admin", "rotate-keys", "--json"])
  const { key_id, signs_at, before_ends_at } = JSON.parse(rotated.stdout)
  expect([rotated.code, signs_at < before_ends_at]).toEqual([0, true])
  const keys = await (await fetch(`${it.url}/.well-known/jwks.json`)).json()
  const ids = (keys as { keys: { kid: string; d?: string }[] }).keys.map(({ kid, d }) => [kid, d])
  expect(ids.length).toBeGreaterThanOrEqual(2)
  expect(ids).toContainEqual([key_id, undefined])
  expect((await it.wf(["whoami"], { env: { WF_TOKEN: access_token } })).code).toBe(0)
  const refused = await it.wf(["admin", "rotate-keys"], { env: { WF_TOKEN: access_token } })
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("`default`")])
  const told = await it.wf(["audit", "list", "--action", "key.rotated", "--limit", "1"])
  expect(told.stdout).toContain(key_id)
})
