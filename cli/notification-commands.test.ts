import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { program } from "./program.ts"
import { capture } from "./testing/capture.ts"

const id = "0198c0de-0000-7000-8000-000000000001"
const time = "2026-03-01T11:58:00.000Z"

const notification = {
  ...{ id, type: "run.failed", title: "nightly\u001b[2J failed", body: "Task build failed\nwf runs show X" },
  ...{ link: null, read_at: null, created_at: time },
}

const subscription = {
  ...{
    id,
    name: "ops",
    scope: "own",
    source: "made",
    events: ["run.failed", "run.slow"],
    longer_than: "10m",
  },
  ...{ workflows: ["nightly"], tags: ["etl"], channel: "webhook", to: "https://x.test/in", digest: "none" },
  ...{
    quiet_hours: null,
    timezone: "UTC",
    paused_at: time,
    pause_reason: "It answered 410.",
    failing_since: null,
  },
  ...{ created_by: id, created_at: time, updated_at: time },
}

const delivery = {
  ...{ id, subscription_id: id, event_id: id, type: "run.failed", run_id: null, channel: "webhook" },
  ...{ to: "https://x.test/in", title: "nightly failed", status: "dead", attempts: 9, next_attempt_at: null },
  ...{ error: "It answered 500.", digest_id: null, created_at: time, finished_at: time },
}

const list = (item: object) => ({ items: [item], next_cursor: null })

let seen: { readonly method: string; readonly path: string; readonly body: unknown }[] = []
let home: string
let server: ReturnType<typeof Bun.serve>

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "wf-cli-"))
  server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const text = await request.text()
      seen.push({
        method: request.method,
        path: `${pathname}${search}`,
        body: text === "" ? null : JSON.parse(text),
      })
      if (pathname.endsWith("/redeliver")) return Response.json({ redelivered: 2, more: false })
      if (pathname.endsWith("/notifications")) return Response.json(list(notification))
      if (pathname.endsWith("/deliveries")) return Response.json(list(delivery))
      if (request.method === "POST" && pathname.endsWith("/subscriptions"))
        return Response.json({ ...subscription, secret: "whsec_x" }, { status: 201 })
      if (pathname.endsWith("/subscriptions")) return Response.json(list(subscription))
      return Response.json(subscription)
    },
  })
})
afterAll(async () => {
  await server.stop(true)
  rmSync(home, { recursive: true, force: true })
})

const wf = async (words: readonly string[], out_is_tty = false) => {
  seen = []
  const environment = { XDG_CONFIG_HOME: home, WF_URL: `http://127.0.0.1:${server.port}`, WF_TOKEN: "wft_x" }
  const io = capture({ environment, out_is_tty, columns: 200 })
  const code = await program(words, io)
  return { code, out: io.printed, note: io.noted.join("\n") }
}

test("the inbox is a table with what it says below for a person, and values between tabs for a pipe", async () => {
  expect((await wf(["inbox"], true)).out).toEqual([
    "NOTIFICATION                          STATE   WHEN    TYPE        TITLE",
    `${id}  unread  2m ago  run.failed  nightly failed`,
    "  Task build failed wf runs show X",
  ])
  expect((await wf(["inbox", "list"])).out).toEqual((await wf(["inbox"])).out)
  expect((await wf(["inbox"])).out).toEqual([
    `${id}\tunread\t${time}\trun.failed\tnightly failed\tTask build failed wf runs show X`,
  ])
  expect(JSON.parse((await wf(["inbox", "--json"])).out.join(""))).toEqual(list(notification))
})

test("a subscription shows what it is of, where it leads and why it is paused", async () => {
  expect((await wf(["subscriptions", "list"], true)).out).toEqual([
    "SUBSCRIPTION                          NAME  SCOPE  EVENTS               OF            CHANNEL  TO                 STATE",
    `${id}  ops   own    run.failed,run.slow  nightly,#etl  webhook  https://x.test/in  paused`,
    "  It answered 410.",
  ])
  expect((await wf(["subscriptions", "list"])).out).toEqual([
    `${id}\tops\town\trun.failed,run.slow\tnightly,#etl\twebhook\thttps://x.test/in\tpaused\tIt answered 410.`,
  ])
})

test("a delivery shows what became of it", async () => {
  expect((await wf(["deliveries", "list", "--status", "dead"], true)).out).toEqual([
    "DELIVERY                              WHAT            CHANNEL  TO                 STATUS  TRIES  WHEN",
    `${id}  nightly failed  webhook  https://x.test/in  dead    9      2m ago`,
    "  It answered 500.",
  ])
  expect(seen[0]?.path).toBe("/api/v1/deliveries?status=dead&limit=20")
})

test("what is said on the command line is what is asked for, and a secret is no data of a pipe", async () => {
  const words = [
    "--event",
    "run.failed",
    "--event",
    "run.slow,job.dead_lettered",
    "--longer-than",
    "10m",
    "--tag",
    "etl",
  ]
  const more = [
    "--channel",
    "webhook",
    "--to",
    "https://x.test/in",
    "--quiet",
    "22:00-07:00",
    "--for-workspace",
  ]
  const { code, out, note } = await wf(["subscriptions", "create", "ops", ...words, ...more])
  expect([code, out, note]).toEqual([0, [id], expect.stringContaining("whsec_x")])
  expect(seen).toEqual([
    {
      ...{ method: "POST", path: "/api/v1/subscriptions" },
      body: {
        ...{
          name: "ops",
          events: ["run.failed", "run.slow", "job.dead_lettered"],
          longer_than: "10m",
          tags: ["etl"],
        },
        ...{ channel: "webhook", to: ["https://x.test/in"], scope: "workspace" },
        quiet_hours: { from: "22:00", until: "07:00" },
      },
    },
  ])
  await wf(["subscriptions", "update", id, "--quiet", "none", "--digest", "daily"])
  expect(seen[0]).toMatchObject({ method: "PATCH", body: { quiet_hours: null, digest: "daily" } })
})

test("many are sent once more only if that is meant", async () => {
  const refused = await wf(["deliveries", "redeliver", "--all"])
  expect([refused.code, refused.note, seen]).toEqual([2, expect.stringContaining("--yes"), []])
  const { code, out } = await wf(["deliveries", "redeliver", "--since", "1d", "--yes"])
  expect([code, out]).toEqual([0, ["2"]])
  expect(seen[0]?.body).toEqual({ status: "dead", since: "2026-02-28T12:00:00.000Z" })
})

test.each([
  [["inbox", "read"], "--all"],
  [["inbox", "read", id, "--all"], "--all"],
  [["subscriptions", "create"], "--event"],
  [["subscriptions", "update", id], "--help"],
  [["subscriptions", "create", "--event", "run.failed", "--quiet", "at night"], "22:00-07:00"],
  [["deliveries", "redeliver"], "--subscription"],
])("%p is refused before anything is asked", async (words, told) => {
  const { code, note } = await wf(words)
  expect([code, note, seen]).toEqual([2, expect.stringContaining(told), []])
})
