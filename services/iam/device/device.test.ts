import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { given, type IamHouse, type Person } from "../given.ts"
import { rules } from "../throttle/rules.ts"
import { cleanDevices } from "./clean.ts"
import type { DeviceCode } from "./shape.ts"

let house: IamHouse
let ada: Person
beforeAll(async () => {
  house = await given.house()
  ada = await given.person(house)
})
afterAll(() => house.close())
beforeEach(() => house.database.run((sql) => sql`delete from iam.throttle`))

const ask = (path: string, more: { body?: unknown; token?: string } = {}) =>
  given.send(house)("POST", `auth/device/${path}`, more)

const begun = async () => (await ask("code")).body as unknown as DeviceCode

/** As if the device had waited as long as it should between two questions. */
const patient = () =>
  house.database.run((sql) => sql`update iam.device_login set asked_at = asked_at - interval '1 minute'`)

const redeem = async ({ device_code }: DeviceCode) => {
  const { status, body } = await ask("token", { body: { device_code } })
  return status === 200 ? String(body.access_token) : `${status} ${body.code}`
}

const decide = ({ user_code }: DeviceCode, approve = true) =>
  ask("approve", { token: ada.token, body: { user_code, approve } })

const meOf = async (token: string) => (await given.send(house)("GET", "auth/me", { token })).body

test("a device is let in by who is signed in elsewhere, once", async () => {
  const device = await begun()
  expect({ ...device }).toMatchObject({
    user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
    verification_uri_complete: `http://localhost/device?user_code=${device.user_code}`,
    interval: 2,
    expires_in: 600,
  })
  expect(await redeem(device)).toBe("400 device.pending")
  expect(
    (await decide({ ...device, user_code: device.user_code.toLowerCase().replace("-", " ") })).status,
  ).toBe(204)
  await patient()
  const token = await redeem(device)
  expect((await meOf(token)).user).toMatchObject({ email: ada.email })
  expect(await redeem(device)).toBe("404 device.not_found")
  const again = await decide(device)
  expect([again.status, again.body.code]).toEqual([404, "device.not_found"])
})

test("who is refused gets nothing, and no second answer", async () => {
  const device = await begun()
  await decide(device, false)
  expect((await decide(device)).status).toBe(404)
  expect(await redeem(device)).toBe("403 device.denied")
  expect(await redeem(device)).toBe("404 device.not_found")
})

test("a device that asks too often is slowed down, and gets its tokens when it has waited", async () => {
  const device = await begun()
  expect(await redeem(device)).toBe("400 device.pending")
  expect(await redeem(device)).toBe("429 device.slow_down")
  await decide(device)
  expect(await redeem(device)).toBe("429 device.slow_down")
  await patient()
  expect(await redeem(device)).not.toContain("device")
})

test("of many questions at once for a device that was let in, one gets tokens", async () => {
  const device = await begun()
  await decide(device)
  const answers = await Promise.all(Array.from({ length: 6 }, () => redeem(device)))
  expect(answers.filter((answer) => !answer.includes("device"))).toHaveLength(1)
})

test("codes that have expired are none any more, and are removed", async () => {
  const device = await begun()
  await decide(device)
  await house.database.run((sql) => sql`update iam.device_login set expires_at = now()`)
  expect(await redeem(device)).toBe("404 device.not_found")
  await cleanDevices(house.database)()
  expect(await house.database.run((sql) => sql`select user_code from iam.device_login`)).toEqual([])
})

test("a device that was let in before signing out everywhere gets no session after it", async () => {
  const device = await begun()
  await decide(device)
  const bob = await given.person(house)
  const other = await begun()
  await ask("approve", { token: bob.token, body: { user_code: other.user_code, approve: true } })
  expect((await given.send(house)("DELETE", "auth/sessions", { token: bob.token })).status).toBe(204)
  expect(await redeem(other)).toBe("404 device.not_found")
  expect(await redeem(device)).not.toContain("device")
})

test("the short code is good for nothing where the long one is asked for", async () => {
  const device = await begun()
  await decide(device)
  expect(await redeem({ ...device, device_code: device.user_code })).toBe("404 device.not_found")
  const kept = await house.database.run((sql) => sql<{ hash: Uint8Array }>`select hash from iam.device_login`)
  expect(kept.map(({ hash }) => Buffer.from(hash).toString("latin1"))).not.toContain(device.device_code)
})

test("a token that was made for one workspace lets no device in", async () => {
  const bound = await given.send(house)("POST", "tokens", { token: ada.token, body: { name: "ci" } })
  const { user_code } = await begun()
  const refused = await ask("approve", { token: String(bound.body.token), body: { user_code } })
  expect([refused.status, refused.body.code]).toEqual([403, "workspace.bound_token"])
})

test("guessing codes is slowed down", async () => {
  const guesses: number[] = []
  for (let tried = 0; tried <= rules.address.free; tried += 1)
    guesses.push((await ask("approve", { token: ada.token, body: { user_code: "BBBB-BBBB" } })).status)
  expect([guesses[0], guesses.at(-1)]).toEqual([404, 429])
})

const post = (fields: Record<string, string>) =>
  house.app.request("/device", {
    method: "POST",
    headers: { "user-agent": "browser" },
    body: new URLSearchParams(fields),
  })

test("the page tells what asks before it takes a password, and lets it in or refuses it", async () => {
  const headers = { "user-agent": "wf on <b>laptop</b>" }
  const request = async () =>
    (await (
      await house.app.request("/api/v1/auth/device/code", { method: "POST", headers })
    ).json()) as DeviceCode
  for (const [choice, outcome] of [
    ["approve", "in"],
    ["deny", "403 device.denied"],
  ] as const) {
    const device = await request()
    const { user_code } = device
    const first = await house.app.request(`/device?user_code=${user_code}`)
    expect([first.status, await first.text()]).toEqual([200, expect.stringContaining(user_code)])
    const asked = await (await post({ user_code, choice: "look" })).text()
    expect(asked).toContain("wf on &lt;b&gt;laptop&lt;/b&gt;")
    const known = { user_code, choice, email: ada.email }
    const wrong = await post({ ...known, password: "a wrong password" })
    expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining('role="alert"')])
    expect(await redeem(device)).toBe("400 device.pending")
    expect((await post({ ...known, password: given.password })).status).toBe(200)
    await patient()
    const answer = await redeem(device)
    expect(answer.startsWith("403") ? answer : "in").toBe(outcome)
  }
})

test("a code that nobody has is said on the page, and a form of another kind is refused", async () => {
  const unknown = await post({ user_code: "<script>", choice: "look" })
  expect(unknown.status).toBe(404)
  expect(await unknown.text()).not.toContain("<script>")
  const headers = { "content-type": "text/plain" }
  expect((await house.app.request("/device", { method: "POST", headers, body: "user_code=x" })).status).toBe(
    415,
  )
})

test("what was decided is told to the person in the log of their account", async () => {
  const device = await begun()
  await decide(device)
  const { body } = await given.send(house)("GET", "audit?account=true&action=device.approved", {
    token: ada.token,
  })
  expect((body.items as { subject: { id: string } }[])[0]?.subject.id).toBe(device.user_code)
})
