import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import type { Mail } from "#kernel/mail/mail.ts"
import { smtpMail } from "#kernel/mail/smtp.ts"
import { deedsIn } from "#kernel/testing/deeds.ts"
import { type Inbox, openInbox, textOf } from "#kernel/testing/inbox.ts"
import { until } from "#kernel/testing/until.ts"
import { given, type NotificationHouse, type Person } from "../given.ts"
import { nextFor } from "./retry.ts"

type Called = { readonly path: string; readonly headers: Headers; readonly body: string }

let house: NotificationHouse
let inbox: Inbox
let mail: Mail
let server: ReturnType<typeof Bun.serve>
let called: Called[] = []
let answer: (request: Request) => Response | Promise<Response> = () => new Response("ok")

beforeAll(async () => {
  inbox = await openInbox()
  mail = smtpMail({ url: inbox.url, from: "wf <wf@example.test>" })
  house = await given.house({ mail })
  server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      const { pathname } = new URL(request.url)
      called.push({ path: pathname, headers: request.headers, body: await request.text() })
      return answer(request)
    },
  })
})
beforeEach(async () => {
  await house.office.database.run((sql) => sql`update notification.delivery set due_at = null`)
  called = []
  answer = () => new Response("ok")
})
afterAll(async () => {
  await server.stop(true)
  await house.close()
  mail.close()
  await inbox.close()
})

const url = (path = "/hook") => `http://127.0.0.1:${server.port}${path}`

type Made = { readonly id: string; readonly secret: string }

const subscribe = async (person: Person, body: object): Promise<Made> =>
  (await house.ask(person, "POST", "subscriptions", { events: ["run.failed"], ...body }))
    .body as unknown as Made

const webhook = (person: Person, more: object = {}) =>
  subscribe(person, { channel: "webhook", to: [url()], ...more })

/** One more than there are waits between them. */
const tries = 9

/** All attempts that are due. */
const send = async (sender = house.sender): Promise<void> => {
  await sender.round()
  await sender.drain()
}

/** Lets the time come at which whatever waits is tried again. */
const wait = () =>
  house.office.database.run(
    (sql) =>
      sql`update notification.delivery set due_at = now() where due_at is not null and status = 'queued'`,
  )

type Row = {
  id: string
  status: string
  attempts: number
  error: string | null
  type: string
  subscription_id: string
}

const deliveries = async (person: Person, query = "") =>
  (await house.ask(person, "GET", `deliveries${query}`)).body.items as Row[]

const fail = (person: Person, more = {}) => house.tell(given.end(house, person.workspace_id, more))

const checked = ({ headers, body }: Called, secret: string): boolean => {
  const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  const own = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`
  return (headers.get("webhook-signature") ?? "").split(" ").includes(own)
}

describe("a webhook", () => {
  test("is told of a failure, signed as Standard Webhooks has it, and of the same event once", async () => {
    const ada = given.person(house)
    const { secret } = await webhook(ada)
    const end = given.end(house, ada.workspace_id)
    await Promise.all([house.tell(end), house.tell(end)])
    await Promise.all([send(), send(house.neighbour().sender)])
    const [call, ...more] = called
    expect(more).toEqual([])
    const [made] = await deliveries(ada)
    expect(made).toMatchObject({ status: "delivered", attempts: 1, error: null })
    expect(call?.headers.get("webhook-id")).toBe(made?.id ?? "")
    expect(Math.abs(Number(call?.headers.get("webhook-timestamp")) - Date.now() / 1_000)).toBeLessThan(30)
    expect(checked(call as Called, secret)).toBe(true)
    expect(JSON.parse(call?.body ?? "")).toMatchObject({
      type: "run.failed",
      data: {
        workflow: "nightly",
        status: "failed",
        cause: { task: "build", message: "the compiler said no" },
      },
    })
  })

  test("is signed by the old secret as well for a day after it was changed, and by the new one alone then", async () => {
    const ada = given.person(house)
    const { id, secret: old } = await webhook(ada)
    const { body } = await house.ask(ada, "POST", `subscriptions/${id}/rotate-secret`)
    const fresh = String(body.secret)
    const done = await deedsIn(house.office.database, ada.workspace_id)
    expect(done.at(-1)?.action).toBe("subscription.secret_rotated")
    await fail(ada)
    await send()
    expect([old, fresh].map((secret) => checked(called[0] as Called, secret))).toEqual([true, true])
    await house.office.database.run(
      (sql) => sql`update notification.subscription set old_secret_until = now()`,
    )
    await fail(ada)
    await send()
    expect([old, fresh].map((secret) => checked(called[1] as Called, secret))).toEqual([false, true])
  })

  test("that fails is tried again with the same id and content over a day, and is given up then", async () => {
    const ada = given.person(house)
    await webhook(ada)
    answer = () => new Response("not now", { status: 503 })
    await fail(ada)
    for (let count = 0; count < tries; count += 1) {
      expect((await deliveries(ada))[0]?.status).toBe("queued")
      await send()
      await wait()
    }
    const [made] = await deliveries(ada)
    expect(made).toMatchObject({ status: "dead", attempts: tries, error: "It answered 503." })
    await send()
    expect(called).toHaveLength(tries)
    const { body } = await house.ask(ada, "GET", `subscriptions/${made?.subscription_id}`)
    expect(body).toMatchObject({ paused_at: null, failing_since: expect.any(String) })
    expect(new Set(called.map(({ headers, body }) => `${headers.get("webhook-id")} ${body}`)).size).toBe(1)
    const failed = { delivered: false, request: {}, response: null, error: "no" }
    const nexts = Array.from({ length: tries }, (_, index) => nextFor(failed, index + 1, 0.5))
    const waits_ms = nexts.map((next) => (next.move === "retry" ? next.wait_ms : 0))
    expect(waits_ms.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(86_400_000)
  })

  test("that was given up is sent once more when asked to, one or many, with its whole history", async () => {
    const ada = given.person(house)
    const { id } = await webhook(ada, { to: [url("/hook?key=hidden")] })
    answer = () => new Response("no hidden thing at ?key=hidden", { status: 410 })
    await fail(ada)
    await send()
    const [dead] = await deliveries(ada, `?status=dead&subscription_id=${id}`)
    answer = () => new Response("thanks")
    await house.ask(ada, "POST", `subscriptions/${id}/resume`)
    const again = await house.ask(ada, "POST", `deliveries/${dead?.id}/redeliver`)
    expect([again.status, again.body.status]).toEqual([202, "queued"])
    expect((await house.ask(ada, "POST", `deliveries/${dead?.id}/redeliver`)).body.code).toBe(
      "delivery.not_settled",
    )
    await send()
    const { body } = await house.ask(ada, "GET", `deliveries/${dead?.id}`)
    expect(body).toMatchObject({
      ...{ status: "delivered", attempts: 2, to: `http://127.0.0.1:${server.port}/hook` },
      history: [
        { number: 2, outcome: "delivered", response: { status: 200, body: "thanks" } },
        { number: 1, outcome: "failed", response: { status: 410 }, error: "It answered 410." },
      ],
    })
    expect(JSON.stringify(body)).not.toContain("?key=hidden")
    const many = await house.ask(ada, "POST", "deliveries/redeliver", {
      status: "delivered",
      subscription_id: id,
    })
    expect(many.body).toEqual({ redelivered: 1, more: false })
    await send()
    expect(called).toHaveLength(3)
    const done = (await deedsIn(house.office.database, ada.workspace_id)).map(({ action }) => action)
    expect(done.slice(-2)).toEqual(["delivery.redelivered", "delivery.many_redelivered"])
  })

  test("nobody sees or sends another's deliveries", async () => {
    const ada = given.person(house)
    const grace = given.person(house, "owner", ada.workspace_id)
    const stranger = given.person(house)
    await webhook(ada)
    await fail(ada)
    await send()
    const [made] = await deliveries(ada)
    await webhook(grace, { scope: "workspace", events: ["run.cancelled"] })
    await fail(ada, { status: "cancelled" })
    expect((await deliveries(grace)).map(({ type }) => type)).toEqual(["run.cancelled"])
    expect(await deliveries(stranger)).toEqual([])
    for (const person of [given.person(house, "viewer", ada.workspace_id), stranger]) {
      expect(await deliveries(person)).toEqual([])
      expect((await house.ask(person, "GET", `deliveries/${made?.id}`)).status).toBe(404)
      expect((await house.ask(person, "POST", `deliveries/${made?.id}/redeliver`)).status).toBe(404)
      const many = await house.ask(person, "POST", "deliveries/redeliver", { status: "delivered" })
      expect(many.body).toEqual({ redelivered: 0, more: false })
    }
    expect(called).toHaveLength(1)
  })

  test.each([
    "http://127.0.0.2/",
    "http://[::1]/",
    "http://2130706434/",
    "http://169.254.169.254/latest/meta-data",
    "http://rebinds.example.test/",
  ])("leads to nothing private: %s", async (private_url) => {
    const ada = given.person(house)
    await webhook(ada, { to: [private_url] })
    await fail(ada)
    await send()
    const [made] = await deliveries(ada)
    expect([made?.status, made?.error]).toEqual([
      "queued",
      expect.stringContaining("WF_NOTIFICATION_HTTP_ALLOW"),
    ])
  })

  test("that redirects is followed nowhere", async () => {
    const ada = given.person(house)
    await webhook(ada)
    answer = () => new Response(null, { status: 307, headers: { location: url("/elsewhere") } })
    await fail(ada)
    await send()
    expect(called.map(({ path }) => path)).toEqual(["/hook"])
    expect((await deliveries(ada))[0]?.error).toContain("a redirect, which isn't followed")
  })

  test("that answers without end is read only so far, and is told with what it said", async () => {
    const ada = given.person(house)
    await webhook(ada)
    const piece = new TextEncoder().encode("\u001b[2Jx".repeat(1_000))
    answer = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }))
    await fail(ada)
    await send()
    const [made] = await deliveries(ada)
    const { body } = await house.ask(ada, "GET", `deliveries/${made?.id}`)
    const [{ response } = { response: { body: "" } }] = body.history as { response: { body: string } }[]
    expect([made?.status, response.body.length]).toEqual(["delivered", 500])
    expect(response.body).not.toContain("\u001b")
  })

  test("whose process died in the middle is sent again, with the same id, and what that one says late changes nothing", async () => {
    const ada = given.person(house)
    await webhook(ada)
    const held = Promise.withResolvers<Response>()
    answer = () => held.promise
    await fail(ada)
    await house.sender.round()
    await until("it is under way", () => called.length === 1)
    answer = () => new Response("ok")
    const other = house.neighbour().sender
    await send(other)
    expect(called).toHaveLength(1)
    // As when the lease of whoever died has run out.
    await wait()
    await send(other)
    expect((await deliveries(ada))[0]).toMatchObject({ status: "delivered", attempts: 2 })
    held.resolve(new Response("late", { status: 500 }))
    await house.sender.drain()
    expect((await deliveries(ada))[0]).toMatchObject({ status: "delivered", attempts: 2, error: null })
    expect(called.map(({ headers }) => headers.get("webhook-id"))).toEqual(
      Array.from({ length: 2 }, () => called[0]?.headers.get("webhook-id") ?? ""),
    )
  })

  test("that is under way again is not settled by what an attempt that was given up says", async () => {
    const ada = given.person(house)
    const { id } = await webhook(ada)
    const held = Promise.withResolvers<Response>()
    answer = () => held.promise
    await fail(ada)
    await house.sender.round()
    await until("it is under way", () => called.length === 1)
    answer = () => new Response("not now", { status: 503 })
    await wait()
    await send(house.neighbour().sender)
    held.resolve(new Response("gone", { status: 410 }))
    await house.sender.drain()
    expect((await deliveries(ada))[0]).toMatchObject({
      status: "queued",
      attempts: 2,
      error: "It answered 503.",
    })
    expect((await house.ask(ada, "GET", `subscriptions/${id}`)).body.paused_at).toBe(null)
  })

  test("that keeps failing is paused, its owner is told, and it goes on where it was when it is resumed", async () => {
    const ada = given.person(house)
    const { id } = await webhook(ada, { name: "broken" })
    answer = () => new Response(null, { status: 500 })
    await fail(ada)
    await send()
    await house.office.database.run(
      (sql) => sql`
        update notification.subscription set failing_since = now() - interval '13 hours' where id = ${id}::text::uuid`,
    )
    await house.office.database.run(
      (sql) => sql`update notification.delivery set tries = 9 where status = 'queued'`,
    )
    await fail(ada, { workflow: "waits" })
    await house.office.database.run(
      (sql) =>
        sql`update notification.delivery set due_at = now() + (tries = 0)::int * interval '1 hour' where status = 'queued'`,
    )
    await send()
    const { body } = await house.ask(ada, "GET", `subscriptions/${id}`)
    expect(body.pause_reason).toContain("12 hours")
    const [notice] = (await house.ask(ada, "GET", "notifications")).body.items as {
      type: string
      title: string
    }[]
    expect(notice).toMatchObject({
      type: "subscription.paused",
      title: "Your subscription broken was paused",
    })
    called = []
    await wait()
    await send()
    expect(called).toEqual([])
    answer = () => new Response("ok")
    await house.ask(ada, "POST", `subscriptions/${id}/resume`)
    await send()
    expect(called).toHaveLength(1)
    expect((await deliveries(ada)).map(({ status }) => status)).toEqual(["delivered", "dead"])
  })

  test("of one endpoint only a few are under way at once, so that another's are sent meanwhile", async () => {
    const [ada, grace] = [given.person(house), given.person(house)]
    await webhook(ada, { to: [url("/slow")] })
    await webhook(grace, { to: [url("/quick")] })
    const held = Promise.withResolvers<Response>()
    const slow = () => called.filter(({ path }) => path === "/slow").length
    // The first of them is answered at once, which makes room for one more.
    answer = (request) =>
      request.url.endsWith("/slow") && slow() > 1 ? held.promise.then(() => new Response()) : new Response()
    for (let count = 0; count < 10; count += 1) await fail(ada, { workflow: `w-${count}` })
    await fail(grace)
    // Each round may begin more, and none of them may add to what is under way there.
    for (let round = 0; round < 4; round += 1) await house.sender.round()
    await until("the other's has come", () => called.some(({ path }) => path === "/quick"))
    expect(slow()).toBeLessThanOrEqual(5)
    await until("there is room for one more", async () => {
      await house.sender.round()
      return slow() === 5
    })
    await house.sender.round()
    expect(slow()).toBe(5)
    held.resolve(new Response())
    await house.sender.drain()
    for (let round = 0; round < 3; round += 1) await send()
  })

  test("whose owner has left gets nothing any more", async () => {
    const ada = given.person(house)
    await webhook(ada)
    await fail(ada)
    house.known.people.set(ada.workspace_id, [])
    await send()
    house.known.people.set(ada.workspace_id, [ada])
    expect(called).toEqual([])
    expect((await deliveries(ada))[0]).toMatchObject({
      status: "dead",
      error: expect.stringContaining("no member"),
    })
  })
})

test("Slack is given text in which nothing of others is a mention or a link", async () => {
  const ada = given.person(house)
  await subscribe(ada, { channel: "slack", to: [url("/services/T0/hidden")] })
  await fail(ada, { workflow: "<!channel> & <https://evil.test|click>" })
  await send()
  const { text } = JSON.parse(called[0]?.body ?? "") as { text: string }
  expect(text).toStartWith("*&lt;!channel&gt; &amp; &lt;https://evil.test|click&gt; failed*\n")
  expect(text).toEndWith("|Open>")
  const [made] = await deliveries(ada)
  const { body } = await house.ask(ada, "GET", `deliveries/${made?.id}`)
  expect([made?.status, JSON.stringify(body).includes("hidden")]).toEqual(["delivered", false])
})

describe("a mail", () => {
  const decoded = (source: string) =>
    source
      .replaceAll("=\r\n", "")
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

  test("says what failed and why, with the last lines and a link, as text and as HTML that is only text", async () => {
    const ada = given.person(house)
    await subscribe(ada, { channel: "email" })
    house.known.lines = ["make: <all>", "error: \u001b[31mno such file"]
    await fail(ada, { workflow: "n<b>ightly" })
    await send()
    const received = await inbox.next(ada.email)
    const text = textOf(received)
    for (const part of [
      "Task build failed in attempt 2: the compiler said no",
      "make: <all>",
      "https://wf.example.test/api/v1/runs/",
    ])
      expect(text).toContain(part)
    expect(text).not.toContain("\u001b")
    expect(received.source).toContain("Subject: n<b>ightly failed")
    const html = decoded(received.source.slice(received.source.indexOf("<!doctype html>")))
    expect(html).toContain("make: &lt;all&gt;")
    expect(html).not.toContain("<all>")
  })

  test("has no header but ours, whatever a workflow is called", async () => {
    const ada = given.person(house)
    await subscribe(ada, { channel: "email" })
    await fail(ada, { workflow: "x\r\nBcc: victim@example.test\r\n\r\nhello" })
    await send()
    const { source } = await inbox.next(ada.email)
    expect(source.split("\r\n\r\n")[0]).not.toMatch(/^Bcc:/im)
    expect(inbox.received("victim@example.test")).toEqual([])
  })

  test("that the server won't have now is tried again, and one that it never will isn't", async () => {
    const ada = given.person(house)
    await subscribe(ada, { channel: "email" })
    inbox.refuse(ada.email, 451)
    await fail(ada)
    await send()
    expect((await deliveries(ada))[0]).toMatchObject({ status: "queued", attempts: 1 })
    inbox.refuse(ada.email, 550)
    await wait()
    await send()
    expect((await deliveries(ada))[0]).toMatchObject({
      status: "dead",
      attempts: 2,
      error: "The mail server refuses it.",
    })
    inbox.refuse(ada.email, 0)
  })

  test("of the workspace goes to each address that is named", async () => {
    const ada = given.person(house)
    await subscribe(ada, {
      channel: "email",
      scope: "workspace",
      to: ["ops@example.test", "dev@example.test"],
    })
    await fail(ada)
    await send()
    expect(textOf(await inbox.next("ops@example.test"))).toBe(textOf(await inbox.next("dev@example.test")))
  })
})

test("a test is sent at once, and says that it is one", async () => {
  const ada = given.person(house)
  const { id } = await webhook(ada)
  const asked = await house.ask(ada, "POST", `subscriptions/${id}/test`)
  expect([asked.status, asked.body.status]).toEqual([202, "queued"])
  await send()
  expect(JSON.parse(called[0]?.body ?? "")).toMatchObject({ type: "test" })
})

test("what is tried and what waits is counted", async () => {
  const own = await given.house()
  const ada = given.person(own)
  const wanted = { events: ["run.failed"], channel: "webhook" }
  await own.ask(ada, "POST", "subscriptions", { ...wanted, to: [url()] })
  await own.ask(ada, "POST", "subscriptions", { ...wanted, to: [url()], digest: "daily" })
  await own.tell(given.end(own, ada.workspace_id))
  expect(await own.expose()).toContain('notification_deliveries_waiting{status="queued"} 1')
  await send(own.sender)
  const text = await own.expose()
  expect(text).toContain('notification_attempts_total{channel="webhook",outcome="delivered"} 1')
  expect(text).toContain('notification_deliveries_waiting{status="held"} 1')
  expect(text).toContain('notification_deliveries_waiting{status="queued"} 0')
  await own.close()
})
