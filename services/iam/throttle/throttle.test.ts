import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { resetPassword } from "../reset/apply.ts"
import { insertReset } from "../reset/insert.ts"
import { login } from "../session/login.ts"
import { attempt } from "./attempt.ts"
import { cleanThrottle } from "./clean.ts"
import { rules } from "./rules.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())
beforeEach(() => house.database.run((sql) => sql`delete from iam.throttle`))

const { password } = given

/** What a sign-in from there comes to: `in`, `wrong`, or how long to wait. */
const signIn = async (email: string, address: string, secret = "a wrong password") => {
  try {
    await login(house.iam)({ email, password: secret }, { device: "", address })
    return "in"
  } catch (error) {
    const { code, retry_after_s } = error as { code: string; retry_after_s?: number }
    return code === "auth.too_many" ? `wait ${retry_after_s}` : code
  }
}

const wrong = "auth.wrong_credentials"

const times = async (count: number, work: (index: number) => Promise<string>) => {
  const outcomes: string[] = []
  for (let index = 0; index < count; index += 1) outcomes.push(await work(index))
  return outcomes
}

/** As if so long had passed. */
const pass = (seconds: number) =>
  house.database.run(
    (sql) => sql`
      update iam.throttle set at = at - ${seconds}::int * interval '1 second',
        free_at = free_at - ${seconds}::int * interval '1 second'`,
  )

/** As if everything counted so far had been tried very often. */
const holdUp = () =>
  house.database.run((sql) => sql`update iam.throttle set free_at = now() + interval '1 minute'`)

test("guessing an account from one place has to wait longer and longer; a right password there begins anew", async () => {
  const { email } = await given.person(house)
  expect(await times(6, () => signIn(email, "203.0.113.1"))).toEqual([...Array(5).fill(wrong), "wait 1"])
  await pass(1)
  expect(await times(2, () => signIn(email, "203.0.113.1"))).toEqual([wrong, "wait 2"])
  // What is refused isn't counted, and not even a right password is looked at.
  expect(await signIn(email, "203.0.113.1", password)).toBe("wait 2")
  await pass(2)
  expect(await signIn(email, "203.0.113.1", password)).toBe("in")
  expect(await times(5, () => signIn(email, "203.0.113.1"))).toEqual(Array(5).fill(wrong))
})

test("who guesses doesn't keep the holder out, who comes from elsewhere", async () => {
  const { email } = await given.person(house)
  await times(8, () => signIn(email, "203.0.113.1"))
  expect(await signIn(email, "198.51.100.7", password)).toBe("in")
})

test("guesses at one account from everywhere make new places wait, and not those of its holder", async () => {
  const { email } = await given.person(house)
  expect(await signIn(email, "198.51.100.7", password)).toBe("in")
  const guesses = await times(rules.account.free + 5, (index) => signIn(email, `203.0.113.${index}`))
  expect(guesses.filter((outcome) => outcome === wrong)).toHaveLength(rules.account.free)
  expect(guesses.at(-1)).toBe("wait 1")
  expect(await signIn(email, "198.51.100.7", password)).toBe("in")
  expect(await signIn(email, "203.0.113.99", password)).toBe("wait 1")
})

test("an address that nobody has is answered and counted as one that somebody has", async () => {
  const { email } = await given.person(house)
  const outcomes = async (who: string) => [
    ...(await times(7, () => signIn(who, "203.0.113.1"))),
    ...(await times(20, (index) => signIn(who, `203.0.113.${100 + index}`))),
  ]
  const known = await outcomes(email)
  await house.database.run((sql) => sql`delete from iam.throttle`)
  expect(await outcomes("nobody@example.test")).toEqual(known)
})

test("many accounts from one place: the place has to wait, and others in other places don't", async () => {
  const { email } = await given.person(house)
  // Without the time that hashing takes, in which some would be forgotten.
  const sprayed = await times(rules.address.free - 1, async () => {
    await attempt(house.database, [{ rule: "address", of: "203.0.113.1" }])
    return "tried"
  })
  expect(sprayed).toHaveLength(rules.address.free - 1)
  expect(await signIn("somebody@example.test", "203.0.113.1")).toBe(wrong)
  expect(await signIn(email, "203.0.113.1", password)).toBe("wait 1")
  expect(await signIn(email, "203.0.113.2", password)).toBe("in")
})

test("who has to wait leaves no rows behind, whomever they name", async () => {
  await attempt(house.database, [{ rule: "address", of: "203.0.113.1" }])
  await holdUp()
  const outcomes = await times(20, async (index) => {
    const counters = [
      { rule: "pair", of: `${index}` },
      { rule: "address", of: "203.0.113.1" },
      { rule: "account", of: `${index}` },
    ] as const
    return attempt(house.database, counters).then(
      () => "tried",
      () => "refused",
    )
  })
  expect(outcomes).toEqual(Array(20).fill("refused"))
  expect(await house.database.run((sql) => sql`select key from iam.throttle`)).toHaveLength(1)
})

test("a place that has to wait lets those in who have signed in from there, and still slows guesses at them", async () => {
  const [here, new_here] = await Promise.all([given.person(house), given.person(house)])
  expect(await signIn(here.email, "203.0.113.1", password)).toBe("in")
  await attempt(house.database, [{ rule: "address", of: "203.0.113.1" }])
  await holdUp()
  // Signing in there has begun its pair anew.
  await house.database.run((sql) => sql`update iam.throttle set free_at = now() where level < 1`)
  expect(await signIn(new_here.email, "203.0.113.1", password)).toBe("wait 60")
  expect(await signIn(here.email, "203.0.113.1", password)).toBe("in")
  const guesses = await times(rules.pair.free + 1, () => signIn(here.email, "203.0.113.1"))
  expect(guesses).toEqual([...Array(rules.pair.free).fill(wrong), "wait 1"])
})

test("who has chosen a new password by mail gets in from there, whatever others guess", async () => {
  const { email } = await given.person(house)
  const token = "wfl_of_a_mail"
  await house.database.run(async (sql) => {
    const [user] = await sql<{ id: string }>`select id from iam.user_account where email = ${email}`
    await insertReset(sql, user?.id ?? "", token)
  })
  await resetPassword(house.iam)({ token, password }, { device: "", address: "198.51.100.7" })
  await attempt(house.database, [{ rule: "account", of: email }])
  await holdUp()
  expect(await signIn(email, "203.0.113.1", password)).toBe("wait 60")
  expect(await signIn(email, "198.51.100.7", password)).toBe("in")
})

test("an IPv6 network is one place", async () => {
  const { email } = await given.person(house)
  const outcomes = await times(6, (index) => signIn(email, `2001:db8:1:2:${index}::1`))
  expect(outcomes.at(-1)).toBe("wait 1")
})

test("signing in as it should be is never counted", async () => {
  const { email } = await given.person(house)
  const outcomes = await times(12, () => signIn(email, "203.0.113.1", password))
  expect(outcomes).toEqual(Array(12).fill("in"))
})

test("many at once, at several instances, don't pass together", async () => {
  const counters = [{ rule: "pair", of: "somebody" }] as const
  const tries = Array.from({ length: 40 }, () =>
    attempt(house.database, counters).then(
      () => "counted",
      () => "refused",
    ),
  )
  const outcomes = await Promise.all(tries)
  expect(outcomes.filter((outcome) => outcome === "counted")).toHaveLength(rules.pair.free)
})

test("counters that touch each other wait for each other without a deadlock", async () => {
  const tries = Array.from({ length: 60 }, (_, index) =>
    attempt(house.database, [
      { rule: "address", of: `place ${index % 3}` },
      { rule: "account", of: `person ${index % 5}` },
      { rule: "pair", of: `${index}` },
    ]),
  )
  expect((await Promise.allSettled(tries)).filter(({ status }) => status === "rejected")).toEqual([])
})

test("the refusal says when to come back, over HTTP", async () => {
  const { email }: Person = await given.person(house)
  const ask = () => given.send(house)("POST", "auth/login", { body: { email, password: "a wrong password" } })
  await until("it is refused", async () => (await ask()).status === 429)
  const body = JSON.stringify({ email, password })
  const headers = { "content-type": "application/json" }
  const answer = await house.app.request("/api/v1/auth/login", { method: "POST", headers, body })
  expect([answer.status, Number(answer.headers.get("retry-after")) > 0]).toEqual([429, true])
})

test("counters that say nothing any more are removed, some at a time", async () => {
  await house.database.run(
    (sql) => sql`
      insert into iam.throttle (key, at)
      select decode(lpad(to_hex(n), 8, '0'), 'hex'), now() - interval '3 days' from generate_series(1, 1500) as n`,
  )
  const round = cleanThrottle(house.database)
  expect([await round(), await round()]).toEqual([true, false])
  expect(await house.database.run((sql) => sql`select key from iam.throttle`)).toEqual([])
})
