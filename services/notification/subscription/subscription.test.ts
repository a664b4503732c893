import { afterAll, beforeAll, expect, test } from "bun:test"
import { deedsIn, linesOf } from "#kernel/testing/deeds.ts"
import { given, type NotificationHouse, type Person } from "../given.ts"

let house: NotificationHouse
beforeAll(async () => {
  const mail = { send: async () => "sent" as const, close: () => undefined }
  house = await given.house({ mail })
})
afterAll(() => house.close())

const make = (person: Person, body: object) => house.ask(person, "POST", "subscriptions", body)
const list = async (person: Person) => {
  const { body } = await house.ask(person, "GET", "subscriptions")
  return (body.items as { name: string; source: string; id: string }[]).filter(
    ({ source }) => source === "made",
  )
}

test("somebody makes one, sees it, changes it, pauses it, goes on, and deletes it; the audit log tells of each", async () => {
  const ada = given.person(house, "viewer")
  const made = await make(ada, {
    events: ["run.failed", "run.slow"],
    longer_than: "90s",
    workflows: ["nightly"],
    name: "nights",
  })
  expect([made.status, made.body]).toEqual([
    201,
    expect.objectContaining({
      scope: "own",
      channel: "in_app",
      longer_than: "1m30s",
      workflows: ["nightly"],
      secret: null,
    }),
  ])
  const path = `subscriptions/${made.body.id}`
  const changed = await house.ask(ada, "PATCH", path, {
    quiet_hours: { from: "22:00", until: "07:30" },
    timezone: "Europe/Berlin",
    digest: "daily",
  })
  expect(changed.body).toMatchObject({
    quiet_hours: { from: "22:00", until: "07:30" },
    digest: "daily",
    name: "nights",
  })
  const codes = []
  for (const turn of ["pause", "pause", "resume", "resume"])
    codes.push((await house.ask(ada, "POST", `${path}/${turn}`)).body.paused_at === null)
  expect(codes).toEqual([false, false, true, true])
  expect((await house.ask(ada, "GET", path)).body).toMatchObject({
    paused_at: null,
    timezone: "Europe/Berlin",
  })
  expect((await house.ask(ada, "DELETE", path)).status).toBe(204)
  expect((await house.ask(ada, "GET", path)).body.code).toBe("subscription.not_found")
  const told = linesOf(await deedsIn(house.office.database, ada.workspace_id))
  expect(told.map((line) => line.split(" ")[1])).toEqual([
    ...["subscription.created", "subscription.changed"],
    ...["subscription.paused", "subscription.resumed", "subscription.deleted"],
  ])
})

test("nobody sees or changes another person's, nor the workspace's without the permission for it", async () => {
  const owner = given.person(house, "owner")
  const viewer = given.person(house, "viewer", owner.workspace_id)
  const stranger = given.person(house, "owner")
  const own = await make(owner, { events: ["run.failed"] })
  const shared = await make(owner, { events: ["run.failed"], scope: "workspace" })
  expect((await make(viewer, { events: ["run.failed"], scope: "workspace" })).body.code).toBe(
    "auth.forbidden",
  )
  for (const person of [viewer, stranger]) {
    expect(await list(person)).toEqual([])
    for (const { body } of [own, shared]) {
      for (const [method, rest, sent] of [
        ["GET", ""],
        ["PATCH", "", { name: "mine" }],
        ["DELETE", ""],
        ["POST", "/pause"],
        ["POST", "/test"],
        ["POST", "/rotate-secret"],
      ] as const) {
        const answer = await house.ask(person, method, `subscriptions/${body.id}${rest}`, sent)
        expect([rest, answer.status]).toEqual([rest, 404])
      }
    }
  }
  const developer = given.person(house, "developer", owner.workspace_id)
  expect((await list(developer)).map(({ id }) => id)).toEqual([String(shared.body.id)])
})

test("a token that is for subscriptions alone is told of nothing that it may not see", async () => {
  const ada = given.person(house)
  const narrow = { ...ada, bearer: "narrow", scopes: ["subscription.write", "job.read"] as const }
  house.known.people.set(ada.workspace_id, [ada, narrow])
  expect((await make(narrow, { events: ["run.failed"] })).body.code).toBe("auth.forbidden")
  expect((await make(narrow, { events: ["run.failed"], scope: "workspace" })).body.code).toBe(
    "auth.forbidden",
  )
  const made = await make(narrow, { events: ["job.dead_lettered"] })
  expect(made.status).toBe(201)
  const path = `subscriptions/${made.body.id}`
  expect((await house.ask(narrow, "PATCH", path, { events: ["run.failed"] })).status).toBe(403)
  house.known.people.set(ada.workspace_id, [ada])
  expect((await house.ask(ada, "GET", path)).body.events).toEqual(["job.dead_lettered"])
})

test("an address is sealed, and only what isn't secret of it is shown", async () => {
  const ada = given.person(house)
  const webhook = await make(ada, {
    events: ["run.failed"],
    channel: "webhook",
    to: ["https://u:pw@hooks.example.test/in?token=hidden"],
  })
  const slack = await make(ada, {
    events: ["run.failed"],
    channel: "slack",
    to: ["https://hooks.slack.example.test/services/T0/B0/hidden"],
  })
  expect([webhook.body.to, slack.body.to]).toEqual([
    "https://hooks.example.test/in",
    "https://hooks.slack.example.test/…",
  ])
  expect(webhook.body.secret).toStartWith("whsec_")
  expect((await house.ask(ada, "GET", `subscriptions/${webhook.body.id}`)).body.secret).toBe(undefined)
  const rows = await house.office.database.run(
    (sql) => sql<{ address: Uint8Array; secret: Uint8Array | null }>`
      select address, secret from notification.subscription where address is not null`,
  )
  expect(rows.length).toBeGreaterThanOrEqual(2)
  const stored = rows
    .flatMap(({ address, secret }) => [address, secret ?? new Uint8Array()])
    .map((box) => Buffer.from(box).toString("latin1"))
    .join("\n")
  for (const secret of ["hidden", "u:pw", String(webhook.body.secret)]) expect(stored).not.toContain(secret)
  const turned = await house.ask(ada, "POST", `subscriptions/${webhook.body.id}/rotate-secret`)
  expect(turned.body.secret).not.toBe(webhook.body.secret)
  expect((await house.ask(ada, "POST", `subscriptions/${slack.body.id}/rotate-secret`)).body.code).toBe(
    "subscription.no_secret",
  )
})

test.each([
  ["no event", { events: [] }, "events"],
  ["another event", { events: ["run.exploded"] }, "events.0"],
  ["slow without a bound", { events: ["run.slow"] }, "longer_than"],
  ["a bound without slow", { events: ["run.failed"], longer_than: "1m" }, "longer_than"],
  ["no URL", { events: ["run.failed"], channel: "webhook" }, "to"],
  ["a file", { events: ["run.failed"], channel: "webhook", to: ["file:///etc/passwd"] }, "to"],
  [
    "two URLs",
    { events: ["run.failed"], channel: "slack", to: ["https://a.test/", "https://b.test/"] },
    "to",
  ],
  ["another's inbox", { events: ["run.failed"], to: ["x@example.test"] }, "to"],
  ["another's mail", { events: ["run.failed"], channel: "email", to: ["x@example.test"] }, "to"],
  [
    "a list as an address",
    { events: ["run.failed"], channel: "email", scope: "workspace", to: ["a@x.test,b@x.test"] },
    "to",
  ],
  [
    "a broken header",
    { events: ["run.failed"], channel: "email", scope: "workspace", to: ["a@x.test\r\nBcc: b@x.test"] },
    "to.0",
  ],
  ["a zone that there isn't", { events: ["run.failed"], timezone: "Mars/Base" }, "timezone"],
  [
    "quiet hours without an end",
    { events: ["run.failed"], quiet_hours: { from: "22:00" } },
    "quiet_hours.until",
  ],
  ["a name with a line break", { events: ["run.failed"], name: "a\nb" }, "name"],
  ["more than there is", { events: ["run.failed"], user_id: crypto.randomUUID() }, ""],
])("%s is refused, and says where", async (_, body, path) => {
  const ada = given.person(house)
  const answer = await make(ada, body)
  expect([answer.status, (answer.body.errors as { path: string }[])[0]?.path]).toEqual([422, path])
  expect(await list(ada)).toEqual([])
})

test("mail can't be subscribed to where none is sent", async () => {
  const quiet = await given.house()
  const ada = given.person(quiet)
  const answer = await quiet.ask(ada, "POST", "subscriptions", { events: ["run.failed"], channel: "email" })
  expect([answer.status, answer.body.code]).toEqual([422, "mail.not_set"])
  await quiet.close()
})

test("everybody has the usual one, which can be paused and not deleted", async () => {
  const ada = given.person(house, "viewer")
  const { body } = await house.ask(ada, "GET", "subscriptions")
  const [usual, ...more] = body.items as { id: string; source: string; events: string[] }[]
  expect(more).toEqual([])
  expect(usual).toMatchObject({ source: "usual", events: ["approval.waiting", "approval.reminded"] })
  expect((await house.ask(ada, "DELETE", `subscriptions/${usual?.id}`)).status).toBe(422)
  expect((await house.ask(ada, "POST", `subscriptions/${usual?.id}/pause`)).status).toBe(200)
  const [still] = (await house.ask(ada, "GET", "subscriptions")).body.items as { paused_at: string | null }[]
  expect(still?.paused_at).toBeString()
})
