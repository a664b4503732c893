import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { type Inbox, openInbox, textOf } from "#kernel/testing/inbox.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { platformWith } from "./platform.ts"

type Called = { readonly headers: Headers; readonly body: string }

let it: Awaited<ReturnType<typeof platformWith>>
let inbox: Inbox
let server: ReturnType<typeof Bun.serve>
let called: Called[] = []
let status = 200

beforeAll(async () => {
  inbox = await openInbox()
  server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      called.push({ headers: request.headers, body: await request.text() })
      return new Response("heard", { status })
    },
  })
  it = await platformWith({ WF_SMTP_URL: inbox.url, WF_MAIL_FROM: "wf <wf@example.test>" })
}, 240_000)
beforeEach(() => {
  called = []
  status = 200
})
afterAll(async () => {
  await it.stop()
  await server.stop(true)
  await inbox.close()
})

const url = () => `http://127.0.0.1:${server.port}/hook`

const fails = (name: string) => `name: ${name}\ntasks:\n  build:\n    run: echo the last words; exit 3\n`

/** Pushes and runs what fails; answers its run's id. */
const failed = async (name: string): Promise<string> => {
  await it.client.workflows.push(fails(name))
  const run = await it.client.runs.start({ workflow: name })
  for await (const _ of it.client.runs.watch(run.id));
  return run.id
}

const lines = (text: string): readonly string[][] =>
  text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))

const noticed = (title: string) =>
  until(`"${title}" is in the inbox`, async () =>
    lines((await it.wf(["inbox", "--limit", "100"])).stdout).find((cells) => cells[4] === title),
  )

test("who subscribes to failures finds them in the inbox, reads them, and pauses it", async () => {
  const made = await it.wf([
    "subscriptions",
    "create",
    "mine",
    "--event",
    "run.failed",
    "--workflow",
    "inboxed",
  ])
  expect([made.code, made.stderr]).toEqual([0, ""])
  const id = made.stdout.trim()
  const run_id = await failed("inboxed")
  const [notice = "", state, , type, , body] = await noticed("inboxed failed")
  expect([state, type]).toEqual(["unread", "run.failed"])
  expect(body).toContain("Task build failed in attempt 1")
  expect(body).toContain(run_id)
  expect((await it.wf(["inbox", "read", notice])).stdout).toContain("\tread\t")
  expect((await it.wf(["inbox", "--unread", "--json"])).stdout).not.toContain(notice)
  expect((await it.wf(["inbox", "unread", notice])).stdout).toContain("\tunread\t")
  expect((await it.wf(["inbox", "--unread", "--json"])).stdout).toContain(notice)
  expect((await it.wf(["subscriptions", "pause", id])).stdout).toContain("\tpaused")
  const listed = lines((await it.wf(["subscriptions", "list"])).stdout)
  expect(listed.map(([, name]) => name).sort()).toEqual(["What waits for me", "mine"])
  expect((await it.wf(["subscriptions", "show", id, "--field", "workflows"])).stdout).toBe('["inboxed"]\n')
  expect((await it.wf(["subscriptions", "delete", id, "--yes"])).code).toBe(0)
  expect((await it.wf(["subscriptions", "show", id])).code).toBe(5)
  expect((await it.wf(["inbox", "read", "--all"])).code).toBe(0)
  expect(await it.client.notifications.unread()).toEqual({ count: 0 })
})

test("an approval is in the inbox of who may decide, without being asked for", async () => {
  await it.client.workflows.push(
    "name: asks\ntasks:\n  sign:\n    uses: approval\n    with: { roles: [admin], message: May it? }\n",
  )
  const run = await it.client.runs.start({ workflow: "asks" })
  const [, , , , , body] = await noticed("asks: sign waits for a decision")
  expect(body).toContain(`wf approve ${run.id} sign`)
  expect((await it.wf(["approve", run.id, "sign"])).code).toBe(0)
})

test("the stream brings what happens as it happens, by SSE and by WebSocket, and goes on where it was", async () => {
  const { id } = await it.client.subscriptions.create({ events: ["run.failed"], workflows: ["streamed"] })
  const leave = new AbortController()
  const heard: string[] = []
  let last = 0
  const following = (async () => {
    for await (const { event, data, id: seq } of it.client.notifications.follow({ signal: leave.signal })) {
      last = seq
      heard.push(event === "unread_sync" ? event : data.title)
    }
  })().catch(() => undefined)
  const headers = { authorization: `Bearer ${it.token}` }
  const address = `${it.url.replace("http", "ws")}/api/v1/notifications/stream`
  // The types are of browsers, which can send no headers.
  const socket = new WebSocket(address, { headers } as unknown as string[])
  const said: string[] = []
  socket.onmessage = ({ data }) => said.push((JSON.parse(String(data)) as { event: string }).event)
  await until("both have begun", () => heard.length > 0 && said.length > 0)
  await failed("streamed")
  await until(
    "both have heard",
    () => heard.includes("streamed failed") && said.includes("notification_received"),
  )
  leave.abort()
  socket.close()
  await following
  await failed("streamed")
  const rest: string[] = []
  const again = new AbortController()
  for await (const { event, data } of it.client.notifications.follow({ after: last, signal: again.signal })) {
    if (event === "notification_received") rest.push(data.title)
    if (rest.length > 0) break
  }
  again.abort()
  expect(rest).toEqual(["streamed failed"])
  const evil = await fetch(`${it.url}/api/v1/notifications/stream`, {
    headers: {
      ...{ ...headers, origin: "https://evil.example.test", upgrade: "websocket", connection: "Upgrade" },
      ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" },
    },
  })
  expect(evil.status).toBe(403)
  await it.client.subscriptions.delete(id)
})

test("a stream ends with the session that let it in", async () => {
  const { identity } = createClient({ url: it.url })
  const email = "leaver@example.test"
  await identity.register({ email, password: "correct horse battery", name: "Leaver" })
  const link = /https?:\/\/\S+token=(\S+)/.exec(textOf(await inbox.next(email)))?.[1] ?? ""
  await it.wf(["account", "verify", link], { stdin: "correct horse battery" })
  const { access_token } = await identity.login({ email, password: "correct horse battery" })
  const answer = await fetch(`${it.url}/api/v1/notifications/stream`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  const reader = answer.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("event: unread_sync")
  await createClient({ url: it.url, token: access_token }).identity.logout()
  const drain = async (): Promise<void> => {
    const { done } = (await reader?.read().catch(() => undefined)) ?? { done: true }
    if (!done) await drain()
  }
  await drain()
  const over = await fetch(`${it.url}/api/v1/notifications`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  expect(over.status).toBe(401)
})

test("a webhook is signed, tried, given up when nobody is there, and sent once more", async () => {
  const words = ["--event", "run.failed", "--workflow", "hooked", "--channel", "webhook", "--to", url()]
  const made = await it.wf(["subscriptions", "create", "hook", ...words, "--json"])
  const { id, secret } = JSON.parse(made.stdout) as { id: string; secret: string }
  const tested = await it.wf(["subscriptions", "test", id])
  expect([tested.code, tested.stdout.split("\t")[1]]).toEqual([0, "delivered\n"])
  status = 410
  await failed("hooked")
  const dead = await until("it is given up", async () =>
    lines((await it.wf(["deliveries", "list", "--status", "dead"])).stdout).find(
      (cells) => cells[1] === "hooked failed",
    ),
  )
  expect((await it.client.subscriptions.get(id)).pause_reason).toContain("410")
  await noticed("Your subscription hook was paused")
  status = 200
  expect((await it.wf(["subscriptions", "resume", id])).code).toBe(0)
  expect((await it.wf(["deliveries", "redeliver", dead[0] ?? ""])).code).toBe(0)
  await until(
    "it has arrived",
    async () => (await it.client.deliveries.get(dead[0] ?? "")).status === "delivered",
  )
  const [, refused, taken] = called
  expect(taken?.headers.get("webhook-id")).toBe(refused?.headers.get("webhook-id") ?? "")
  const signed = `${dead[0]}.${taken?.headers.get("webhook-timestamp")}.${taken?.body}`
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  expect(taken?.headers.get("webhook-signature")).toBe(
    `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
  )
  const shown = await it.wf(["deliveries", "show", dead[0] ?? ""])
  expect(shown.stdout).toContain("try 2")
  await it.client.subscriptions.delete(id)
})

test("a webhook to a private address is not called, and says which setting allows it", async () => {
  const { id } = await it.client.subscriptions.create({
    events: ["run.failed"],
    channel: "webhook",
    to: ["http://169.254.169.254/latest/meta-data"],
  })
  const tested = await it.wf(["subscriptions", "test", id])
  expect([tested.code, tested.stderr]).toEqual([1, expect.stringContaining("WF_NOTIFICATION_HTTP_ALLOW")])
  await it.client.subscriptions.delete(id)
})

test("a mail says what failed, why, and with which last words", async () => {
  const words = [
    "--event",
    "run.failed",
    "--workflow",
    "mailed",
    "--channel",
    "email",
    "--to",
    "ops@example.test",
  ]
  const made = await it.wf(["subscriptions", "create", "ops", ...words, "--for-workspace"])
  expect(made.code).toBe(0)
  const run_id = await failed("mailed")
  const text = textOf(await inbox.next("ops@example.test"))
  for (const part of ["Task build failed in attempt 1", "the last words", `${it.url}/api/v1/runs/${run_id}`])
    expect(text).toContain(part)
  await it.client.subscriptions.delete(made.stdout.trim())
})

test("a task of a workflow tells people and programs what it is to, and fails when it can't", async () => {
  const text = `name: tells
tasks:
  hook:
    uses: notify
    with: { channel: webhook, to: "${url()}", message: "done by \${{ run.workflow }}", data: { rows: 3 } }
  person: { uses: notify, with: { channel: in_app, to: owner@localhost, subject: "It is done" } }
  mail: { uses: notify, with: { channel: email, to: all@example.test, subject: "By mail", message: "it is" } }
  nobody: { uses: notify, with: { channel: in_app, to: nobody@example.test, message: hi } }
`
  const { version } = await it.client.workflows.push(text)
  const run = await it.client.runs.start({ workflow: "tells", version })
  for await (const _ of it.client.runs.watch(run.id));
  const tasks = new Map((await it.client.runs.tasks(run.id)).items.map((task) => [task.task, task]))
  expect(tasks.get("hook")).toMatchObject({
    status: "completed",
    outputs: { delivery_ids: [expect.any(String)] },
  })
  expect(tasks.get("nobody")).toMatchObject({
    status: "failed",
    error: { code: "notification.no_recipient" },
  })
  await until("the webhook has come", () => called.length === 1)
  expect(JSON.parse(called[0]?.body ?? "")).toMatchObject({
    ...{ type: "task.notified" },
    data: { body: "done by tells", workflow: "tells", task: "hook", data: { rows: 3 } },
  })
  expect(textOf(await inbox.next("all@example.test"))).toContain("it is")
  await noticed("It is done")
  const listed = lines((await it.wf(["deliveries", "list", "--run", run.id])).stdout)
  await until("all are delivered", async () =>
    (await it.client.deliveries.list({ run_id: run.id })).items.every(
      ({ status: now }) => now === "delivered",
    ),
  )
  expect(listed.map(([, , channel]) => channel).sort()).toEqual(["email", "in_app", "webhook"])
})

test("what can't be is refused, and says what to do", async () => {
  const codes = async (...words: readonly string[]) => (await it.wf(["subscriptions", ...words])).code
  expect(await codes("create")).toBe(2)
  expect(await codes("create", "--event", "run.exploded")).toBe(2)
  expect(await codes("create", "--event", "run.slow")).toBe(2)
  expect(await codes("create", "--event", "run.failed", "--channel", "webhook")).toBe(2)
  expect(await codes("update", crypto.randomUUID())).toBe(2)
  expect(await codes("pause", crypto.randomUUID())).toBe(5)
  expect((await it.wf(["inbox", "read"])).code).toBe(2)
  expect((await it.wf(["inbox", "read", crypto.randomUUID()])).code).toBe(5)
  expect((await it.wf(["deliveries", "redeliver"])).code).toBe(2)
})
