import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { requestDevice } from "../device/request.ts"
import { given, type IamHouse } from "../given.ts"
import { verifyRegistration } from "../registration/verify.ts"
import { forgotPassword } from "../reset/forgot.ts"
import { register } from "../user/register.ts"
import { attempt } from "./attempt.ts"
import { placeOf } from "./key.ts"
import { type RuleName, rules } from "./rules.ts"

let house: IamHouse
beforeAll(async () => {
  const secret = new Uint8Array(randomBytes(32))
  house = await given.house({
    letters: { secret, public_url: "https://wf.example.test/", wake: () => undefined },
  })
})
afterAll(() => house.close())
beforeEach(() => house.database.run((sql) => sql`delete from iam.throttle`))

const origin = { device: "", address: "203.0.113.7" }
const elsewhere = { device: "", address: "198.51.100.7" }

const { password } = given
const email = "ada@example.test"

/** What whoever has no credential yet may ask for, and what that is counted by. */
const doors: readonly [string, RuleName, (from: typeof origin) => Promise<unknown>][] = [
  ["for an account", "asking", (from) => register(house.iam)({ email, password, name: "Ada" }, from)],
  ["for a new password", "asking", (from) => forgotPassword(house.iam)(email, from)],
  ["for a device's code", "asking", (from) => requestDevice(house.iam)(from, "https://wf.example.test")],
  [
    "to confirm an address",
    "address",
    (from) => verifyRegistration(house.iam)({ token: "wfl_none", password }, from),
  ],
]

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  )

test.each(doors)("who asks %s over and over has to wait, and nobody else", async (_, rule, ask) => {
  for (let tried = 0; tried < rules[rule].free; tried += 1)
    await attempt(house.database, [{ rule, of: placeOf(origin.address) }])
  await codeOf(ask(origin))
  expect(await codeOf(ask(origin))).toBe("auth.too_many")
  expect(await codeOf(ask(elsewhere))).not.toBe("auth.too_many")
})
