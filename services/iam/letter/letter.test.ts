import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { Mail, Message, Sent } from "#kernel/mail/mail.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { type Answer, given, type IamHouse } from "../given.ts"
import { rules } from "../throttle/rules.ts"
import { register } from "../user/register.ts"
import { cleanLinks } from "./clean.ts"
import { sendLetters } from "./send.ts"

const secret = new Uint8Array(randomBytes(32))
const letters = { secret, public_url: "https://wf.example.test/", wake: () => undefined }

let house: IamHouse
let outbox: Message[] = []
let answer: () => Sent = () => "sent"
let round: () => Promise<boolean>

const mail: Mail = {
  async send(message) {
    const outcome = answer()
    outbox.push(message)
    return outcome
  },
  close: () => undefined,
}

beforeAll(async () => {
  house = await given.house({ letters })
  round = sendLetters({ database: house.database, mail, letters, log: silentLog })
})
afterAll(() => house.close())

const { password } = given
const ask = (path: string, body: object): Promise<Answer> => given.send(house)("POST", path, { body })

const sent = async (email: string): Promise<readonly Message[]> => {
  outbox = []
  while (await round());
  return outbox.filter(({ to }) => to === email)
}

const tokenIn = ({ text }: Message): string => /token=(wfl_[\w-]+)/.exec(text)?.[1] ?? ""

const address = () => `${crypto.randomUUID()}@example.test`

const account = async (email = address()) => {
  await ask("auth/register", { email, password, name: "Ada <b>" })
  const [first] = await sent(email)
  if (!first) throw new Error("no mail came")
  await ask("auth/verify", { token: tokenIn(first), password })
  return email
}

/** Somebody who may invite others into a workspace of theirs. */
const host = async () => {
  const email = await account()
  const { body } = await ask("auth/login", { email, password })
  const token = String(body.access_token)
  const me = await given.send(house)("GET", "auth/me", { token })
  const { id, name } = me.body.workspace as { id: string; name: string }
  const path = `workspaces/${id}/invites`
  return {
    ...{ email, name },
    invite: (guest: string) =>
      given.send(house)("POST", path, { token, body: { email: guest, role: "operator" } }),
    revoke: (invite: Answer) => given.send(house)("DELETE", `${path}/${invite.body.id}`, { token }),
  }
}

test("who registers gets a mail, and an account by its link and the password, once", async () => {
  const email = address()
  const asked = await ask("auth/register", { email, password, name: "Ada <b>" })
  expect([asked.status, asked.body.email]).toEqual([202, email])
  expect((await ask("auth/login", { email, password })).status).toBe(401)
  const [message] = await sent(email)
  expect(message?.text).toContain("https://wf.example.test/account/verify?token=wfl_")
  expect(message?.html).toContain("Hello Ada &lt;b&gt;,")
  const token = tokenIn(message as Message)
  const wrong = await ask("auth/verify", { token, password: "another password" })
  expect([wrong.status, wrong.body.code]).toEqual([401, "auth.wrong_credentials"])
  const made = await ask("auth/verify", { token, password })
  expect(made.body).toMatchObject({ user: { email, verified_at: expect.any(String) } })
  expect((await ask("auth/login", { email, password })).status).toBe(200)
  const again = await ask("auth/verify", { token, password })
  expect([again.status, again.body.code]).toEqual([404, "link.not_valid"])
})

test("two who come with the same link at once make one account", async () => {
  const email = address()
  await ask("auth/register", { email, password, name: "Ada" })
  const [message] = await sent(email)
  const token = tokenIn(message as Message)
  const answers = await Promise.all([1, 2, 3].map(() => ask("auth/verify", { token, password })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 404, 404])
})

/** What a use-case asks of the database, value by value left out. */
const statementsOf = async (work: (database: Database) => Promise<unknown>): Promise<readonly string[]> => {
  const asked: string[] = []
  const told = (sql: Sql): Sql =>
    new Proxy(sql, {
      apply(target, _, [text, ...values]) {
        asked.push((text as readonly string[]).join("?"))
        return target(text as TemplateStringsArray, ...values)
      },
    })
  const { database } = house
  await work({
    ...database,
    tx: (inside, options) => database.tx((sql) => inside(told(sql)), options),
    run: (inside, options) => database.run((sql) => inside(told(sql)), options),
  })
  return asked
}

test("registering and asking for a password do and answer the same for known and unknown addresses", async () => {
  const [known, unknown] = [await account(), address()]
  for (const path of ["auth/register", "auth/password/forgot"]) {
    const answers: object[] = []
    for (const email of [known, unknown]) {
      const { status, body } = await ask(path, { email, password, name: "Ada" })
      answers.push({ status, body: { ...body, email: "" } })
    }
    expect(answers[0]).toEqual(answers[1] ?? {})
  }
  const works = [known, unknown].map((email) =>
    statementsOf((database) => register({ ...house.iam, database })({ email, password, name: "Ada" })),
  )
  const [ofKnown, ofUnknown] = await Promise.all(works)
  expect(ofKnown).toEqual(ofUnknown as string[])
  expect(ofKnown?.join()).not.toContain("user_account")
  expect((await sent(known)).map(({ subject }) => subject).sort()).toEqual([
    "A new password for wf",
    "You have an account at wf already",
    "You have an account at wf already",
  ])
})

test("who has forgotten their password gets a link that sets another, once, and ends every session", async () => {
  const email = await account()
  const before = await ask("auth/login", { email, password })
  await ask("auth/password/forgot", { email })
  await ask("auth/password/forgot", { email })
  const [first, second] = await sent(email)
  const token = tokenIn(first as Message)
  const short = await ask("auth/password/reset", { token, password: "short" })
  expect(short.status).toBe(422)
  const chosen = "another battery horse"
  expect((await ask("auth/password/reset", { token, password: chosen })).status).toBe(204)
  for (const link of [token, tokenIn(second as Message)])
    expect((await ask("auth/password/reset", { token: link, password })).body.code).toBe("link.not_valid")
  expect((await ask("auth/login", { email, password })).status).toBe(401)
  expect((await ask("auth/login", { email, password: chosen })).status).toBe(200)
  const old = await ask("auth/refresh", { refresh_token: before.body.refresh_token })
  expect(old.status).toBe(401)
})

test("a device that was let in before the new password gets no session with it", async () => {
  const email = await account()
  const { access_token } = (await ask("auth/login", { email, password })).body
  const { device_code, user_code } = (await ask("auth/device/code", {})).body
  const approval = { token: String(access_token), body: { user_code, approve: true } }
  expect((await given.send(house)("POST", "auth/device/approve", approval)).status).toBe(204)
  await ask("auth/password/forgot", { email })
  const [message] = await sent(email)
  const reset = { token: tokenIn(message as Message), password: "another battery horse" }
  expect((await ask("auth/password/reset", reset)).status).toBe(204)
  expect((await ask("auth/device/token", { device_code })).body.code).toBe("device.not_found")
})

/** As one whom a provider has let in, and who has no password any more. */
const comeBySso = (email: string, database: Database) =>
  database.run(
    (sql) => sql`
      with gone as (
        delete from iam.password where user_id = (select id from iam.user_account where email = ${email})
      )
      insert into iam.external_identity (issuer, subject, user_id)
      select 'https://id.example.test', ${email}, id from iam.user_account where email = ${email}`,
  )

test("who is in by a provider alone gets no password, by a link that they had before either", async () => {
  const [email, both] = [await account(), await account()]
  await ask("auth/password/forgot", { email })
  const [before] = await sent(email)
  await comeBySso(email, house.database)
  const chosen = { token: tokenIn(before as Message), password: "another battery horse" }
  expect((await ask("auth/password/reset", chosen)).body.code).toBe("link.not_valid")
  const answers = await Promise.all(
    [email, both, address()].map((known) => ask("auth/password/forgot", { email: known })),
  )
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(await sent(email)).toEqual([])
  expect((await ask("auth/login", { email, password: chosen.password })).status).toBe(401)
})

test("who has a password beside the provider may have another", async () => {
  const email = await account()
  await house.database.run(
    (sql) => sql`
      insert into iam.external_identity (issuer, subject, user_id)
      select 'https://id.example.test', ${email}, id from iam.user_account where email = ${email}`,
  )
  await ask("auth/password/forgot", { email })
  const [message] = await sent(email)
  const chosen = { token: tokenIn(message as Message), password: "another battery horse" }
  expect((await ask("auth/password/reset", chosen)).status).toBe(204)
})

test("nobody's post is filled by who asks for mail to them over and over", async () => {
  const email = await account()
  for (let asked = 0; asked < 9; asked += 1) await ask("auth/password/forgot", { email })
  expect(await sent(email)).toHaveLength(rules.letter.free)
})

test("nobody's new password is kept from them by who registers with their address over and over", async () => {
  const email = await account()
  for (let asked = 0; asked < 9; asked += 1) await ask("auth/register", { email, password, name: "Eve" })
  await sent(email)
  await ask("auth/password/forgot", { email })
  expect((await sent(email)).map(({ subject }) => subject)).toEqual(["A new password for wf"])
})

test.each([
  "x1<v2@x.test>",
  "x4,v2@x.test",
  "g:v2@x.test;",
  "v2(x)@x.test",
  '"v2"@x.test',
  "v2@[x.test]",
  "v\\2@x.test",
])(
  "%p, which is another address to who carries mail, is refused wherever mail is asked for",
  async (email) => {
    const { invite } = await host()
    const refused = [
      await ask("auth/register", { email, password, name: "Eve" }),
      await ask("auth/password/forgot", { email }),
      await invite(email),
    ]
    expect(refused.map(({ status }) => status)).toEqual([422, 422, 422])
    expect(JSON.stringify(refused[0]?.body)).toContain("plain e-mail address")
  },
)

test("nobody is written to whom nobody has", async () => {
  const email = address()
  expect((await ask("auth/password/forgot", { email })).status).toBe(202)
  expect(await sent(email)).toEqual([])
})

test("a link that has expired is none any more, and is cleaned away", async () => {
  const email = await account()
  await ask("auth/password/forgot", { email })
  const [message] = await sent(email)
  await house.database.run((sql) => sql`update iam.password_reset set expires_at = now()`)
  const late = await ask("auth/password/reset", { token: tokenIn(message as Message), password })
  expect(late.body.code).toBe("link.not_valid")
  await cleanLinks(house.database)()
  expect(await house.database.run((sql) => sql`select hash from iam.password_reset`)).toEqual([])
})

test("who is invited is told by mail, with what they join with", async () => {
  const inviter = await host()
  const email = address()
  const invite = await inviter.invite(email)
  expect(invite.body.mailed).toBe(true)
  const [message] = await sent(email)
  expect(message?.subject).toBe(`You are invited to ${inviter.name} at wf`)
  expect(message?.text).toContain(`wf workspaces join ${invite.body.token} `)
  const guest = await account(email)
  const path_in_mail = /\/account\/join\?token=wfi_[\w-]+/.exec(message?.text ?? "")?.[0] ?? ""
  expect(await (await house.app.request(path_in_mail)).text()).toContain("Join a workspace")
  const join = async (as: string, secret = password) => {
    const fields = { token: String(invite.body.token), email: as, password: secret }
    const answer = await house.app.request("/account/join", {
      method: "POST",
      body: new URLSearchParams(fields),
    })
    return [answer.status, await answer.text()]
  }
  expect(await join(guest, "a wrong password")).toEqual([401, expect.stringContaining("wrong")])
  expect(await join(inviter.email)).toEqual([403, expect.stringContaining("for somebody else")])
  expect(await join(guest)).toEqual([200, expect.stringContaining("as operator")])
  expect((await join(guest))[0]).toBe(404)
})

test("nobody's post is filled with invitations; those beyond a bound are made and say that they aren't mailed", async () => {
  const email = address()
  const { invite, revoke } = await host()
  const { free } = rules.invitation
  for (let asked = 0; asked < free; asked += 1) {
    const made = await invite(email)
    expect([made.body.mailed, (await revoke(made)).status]).toEqual([true, 204])
  }
  // The first wait is of a second, which could pass meanwhile.
  const held = await house.database.run(
    (sql) => sql`
      update iam.throttle set free_at = now() + interval '1 minute' where level > ${free}::int - 1 and free_at > at
      returning key`,
  )
  expect(held).toHaveLength(1)
  const last = await invite(email)
  expect([last.status, last.body.mailed, last.body.token]).toEqual([
    201,
    false,
    expect.stringContaining("wfi_"),
  ])
  expect(await sent(email)).toHaveLength(free)
  expect((await invite(address())).body.mailed).toBe(true)
})

test("what waits is not readable by who reads the database, and each instance sends its own part", async () => {
  const email = address()
  await ask("auth/register", { email, password, name: "Ada" })
  const rows = await house.database.run((sql) => sql<{ box: Uint8Array }>`select box from iam.letter`)
  expect(Buffer.from(rows[0]?.box ?? []).toString("latin1")).not.toContain(email)
  const other = sendLetters({ database: house.database, mail, letters, log: silentLog })
  outbox = []
  await Promise.all([round(), other()])
  expect(outbox.filter(({ to }) => to === email)).toHaveLength(1)
})

test("a server that is away is asked again later and later, and one that refuses an address is not", async () => {
  const email = address()
  const waiting = () =>
    house.database.run(
      (sql) => sql<{ tries: number; wait_s: number }>`
        select tries, extract(epoch from due_at - now())::int as wait_s from iam.letter`,
    )
  answer = () => {
    throw new Error("connect ECONNREFUSED")
  }
  await ask("auth/register", { email, password, name: "Ada" })
  const waits: number[] = []
  for (const tries of [1, 2, 3]) {
    await round()
    const [row] = await waiting()
    expect(row?.tries).toBe(tries)
    waits.push(row?.wait_s ?? 0)
    await house.database.run((sql) => sql`update iam.letter set due_at = now()`)
  }
  expect(waits).toEqual([15, 30, 60])
  answer = () => "refused"
  await round()
  expect(await waiting()).toEqual([])
  answer = () => "sent"
})

test("what the sender died with goes out with the same link and the same id", async () => {
  const email = address()
  await ask("auth/register", { email, password, name: "Ada" })
  const kept = await house.database.run(
    (sql) => sql<{ id: string; box: Uint8Array }>`select id, box from iam.letter`,
  )
  const [first] = await sent(email)
  const [{ id, box } = { id: "", box: new Uint8Array() }] = kept
  await house.database.run((sql) => sql`insert into iam.letter (id, box) values (${id}::text::uuid, ${box})`)
  const [second] = await sent(email)
  expect(second).toEqual(first as Message)
  expect((await ask("auth/verify", { token: tokenIn(first as Message), password })).status).toBe(201)
})

test("when too much waits, more is refused", async () => {
  await house.database.run(
    (sql) => sql`
      insert into iam.letter (id, box, due_at)
      select gen_random_uuid(), '\\x00'::bytea, now() + interval '1 day' from generate_series(1, 10000)`,
  )
  const full = await ask("auth/password/forgot", { email: address() })
  expect([full.status, full.body.code]).toEqual([503, "platform.busy"])
  await house.database.run((sql) => sql`delete from iam.letter`)
})

test("where no mail is sent, a password can't be had by mail", async () => {
  const silent = await given.house()
  try {
    const refused = await given.send(silent)("POST", "auth/password/forgot", { body: { email: address() } })
    expect([refused.status, refused.body.code]).toEqual([409, "mail.not_sent"])
  } finally {
    await silent.close()
  }
})

test("the page of a link changes nothing by being looked at, runs no script and may not be framed", async () => {
  const email = address()
  await ask("auth/register", { email, password, name: "Ada" })
  const [message] = await sent(email)
  const token = tokenIn(message as Message)
  const path = `/account/verify?token=${token}%22%3E%3Cscript%3E`
  const page = await house.app.request(path)
  const policy = page.headers.get("content-security-policy") ?? ""
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain("script-src")
  expect([page.headers.get("referrer-policy"), page.headers.get("cache-control")]).toEqual([
    "no-referrer",
    "no-store",
  ])
  expect(await page.text()).not.toContain("<script>")
  const post = (fields: Record<string, string>) =>
    house.app.request("/account/verify", { method: "POST", body: new URLSearchParams(fields) })
  const wrong = await post({ token, password: "another password" })
  expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining('role="alert"')])
  const done = await post({ token, password })
  expect([done.status, await done.text()]).toEqual([200, expect.stringContaining(email)])
})
