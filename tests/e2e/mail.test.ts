import { afterAll, beforeAll, expect, test } from "bun:test"
import { type Inbox, openInbox, type Received, textOf } from "#kernel/testing/inbox.ts"
import { until } from "#kernel/testing/until.ts"
import { platformWith } from "./platform.ts"

let it: Awaited<ReturnType<typeof platformWith>>
let inbox: Inbox

beforeAll(async () => {
  inbox = await openInbox()
  it = await platformWith({ WF_SMTP_URL: inbox.url, WF_MAIL_FROM: "wf <wf@example.test>" })
}, 240_000)
afterAll(async () => {
  await it.stop()
  await inbox.close()
})

const password = "correct horse battery"
const nobody = { WF_TOKEN: "" }

const linkIn = (mail: Received): string => /https?:\/\/\S+token=\S+/.exec(textOf(mail))?.[0] ?? ""

const as = (words: readonly string[], stdin = password) => it.wf(words, { env: nobody, stdin })

test("somebody registers, confirms their address, forgets their password and gets another", async () => {
  const email = "ada@example.test"
  const registered = await as(["account", "register", email, "--name", "Ada"])
  expect([registered.code, registered.stderr]).toEqual([0, expect.stringContaining("in a mail")])
  const first = await inbox.next(email)
  expect(first.source).toContain("From: wf <wf@example.test>")
  expect(linkIn(first)).toStartWith(`${it.url}/account/verify?token=wfl_`)
  expect((await as(["account", "verify", linkIn(first)], "a wrong password")).code).toBe(4)
  expect((await as(["account", "verify", linkIn(first)])).code).toBe(0)
  expect((await as(["account", "verify", linkIn(first)])).code).toBe(5)
  expect((await as(["account", "forgot", email])).code).toBe(0)
  const second = await inbox.next(email)
  const page = await fetch(linkIn(second))
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("New password")])
  const [target = "", query = ""] = linkIn(second).split("?")
  const body = new URLSearchParams(query)
  body.set("password", "another battery horse")
  expect((await fetch(target, { method: "POST", body })).status).toBe(200)
  const { identity } = it.client
  expect(identity.login({ email, password })).rejects.toThrow("wrong")
  expect((await identity.login({ email, password: "another battery horse" })).token_type).toBe("Bearer")
})

test("a known address is answered as an unknown one, and its holder alone is told", async () => {
  const email = "grace@example.test"
  await as(["account", "register", email])
  await as(["account", "verify", linkIn(await inbox.next(email))])
  const known = await as(["account", "register", email, "--json"])
  const unknown = await as(["account", "register", "nobody@example.test", "--json"])
  expect(known.stdout.replace(email, "")).toBe(unknown.stdout.replace("nobody@example.test", ""))
  expect([known.code, known.stderr]).toEqual([unknown.code, unknown.stderr])
  expect(textOf(await inbox.next(email))).toContain("has an account already")
  const strangers = await as(["account", "forgot", "stranger@example.test"])
  expect([strangers.code, inbox.received("stranger@example.test")]).toEqual([0, []])
})

test("an invitation comes by mail, and its command works as it stands there", async () => {
  const email = "guest@example.test"
  await as(["account", "register", email])
  await as(["account", "verify", linkIn(await inbox.next(email))])
  const invited = await it.wf(["members", "invite", email, "--role", "viewer"])
  expect(invited.stderr).toContain("They get it by mail, too.")
  const [, token = ""] = /wf workspaces join (wfi_\S+) --url/.exec(textOf(await inbox.next(email))) ?? []
  expect(`${token}\n`).toBe(invited.stdout)
  const { access_token } = await it.client.identity.login({ email, password })
  const joined = await it.wf(["workspaces", "join", token], { env: { WF_TOKEN: access_token } })
  expect([joined.code, joined.stderr]).toEqual([0, expect.stringContaining("as viewer")])
})

test("guessing a password is slowed down, and who is signed in notices nothing of it", async () => {
  const email = "guest@example.test"
  const { access_token } = await it.client.identity.login({ email, password })
  const guess = () => as(["login", "--url", it.url, "--email", email], "a wrong password")
  const first = await guess()
  expect([first.code, first.stderr]).toEqual([4, expect.stringContaining("password is wrong")])
  const refused = await until("it is refused", async () => {
    const said = await guess()
    return said.code !== 4 && said
  })
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("tried too often")])
  const whoami = await it.wf(["whoami"], { env: { WF_TOKEN: access_token } })
  expect([whoami.code, whoami.stdout.split("\t")[0]]).toEqual([0, email])
})

test("an address that mail would read as somebody else's is refused, and says what one is like", async () => {
  for (const words of [
    ["account", "register", "x1<v2@x.test>"],
    ["account", "forgot", "g:v2@x.test;"],
  ]) {
    const said = await as(words)
    expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("plain e-mail address")])
  }
  const invited = await it.wf(["members", "invite", "x4,v2@x.test", "--role", "viewer"])
  expect([invited.code, invited.stderr]).toEqual([2, expect.stringContaining("plain e-mail address")])
  expect(inbox.received("v2@x.test")).toEqual([])
})

test("who says to come from elsewhere each time is slowed down as one", async () => {
  let asked = 0
  await until("it is refused", async () => {
    asked += 1
    const headers = { "content-type": "application/json", "x-forwarded-for": `203.0.113.${asked % 256}` }
    const body = JSON.stringify({ email: "guessed@example.test", password: "a wrong password" })
    return (await fetch(`${it.url}/api/v1/auth/login`, { method: "POST", headers, body })).status === 429
  })
  // Five are free to each place, and twenty to an account from everywhere.
  expect(asked).toBeLessThan(15)
})

test("a link that isn't one is said to be none", async () => {
  const reset = await as(["account", "reset", `${it.url}/account/reset?token=wfl_nothing`])
  expect([reset.code, reset.stderr]).toEqual([5, expect.stringContaining("wf account forgot")])
})
