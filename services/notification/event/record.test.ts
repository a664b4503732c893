import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type NotificationHouse, type Person } from "../given.ts"
import { fireWatches } from "../watch/fire.ts"

let house: NotificationHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Item = { readonly type: string; readonly title: string; readonly body: string; readonly link: string }

const inbox = async (person: Person, query = "") =>
  (await house.ask(person, "GET", `notifications${query}`)).body.items as (Item & {
    id: string
    read_at: string | null
  })[]

const subscribe = async (person: Person, body: object) =>
  (await house.ask(person, "POST", "subscriptions", body)).body as { id: string }

const titles = async (person: Person) => (await inbox(person)).map(({ title }) => title)

test("who wants to hear of failures does, once, however often and wherever it is told, with why", async () => {
  const ada = given.person(house)
  await subscribe(ada, { events: ["run.failed"] })
  const end = given.end(house, ada.workspace_id)
  await Promise.all([house.tell(end, end), house.tell(end)])
  await house.tell(end)
  const [notice, ...more] = await inbox(ada)
  expect(more).toEqual([])
  expect(notice).toMatchObject({ type: "run.failed", title: "nightly failed", read_at: null })
  expect(notice?.body).toContain("Task build failed in attempt 2: the compiler said no")
  expect(notice?.link).toStartWith("https://wf.example.test/api/v1/runs/")
  const { body } = await house.ask(ada, "GET", "deliveries")
  expect(body.items).toMatchObject([{ status: "delivered", channel: "in_app", type: "run.failed" }])
  const told = await house.office.database.run(
    (sql) => sql<{ events: readonly { readonly data: object }[] }>`
      select events from notification.outbox
      where topic = 'notification.alert' and events::text like ${`%${ada.user_id}%`}`,
  )
  expect(told.flatMap(({ events }) => events.map(({ data }) => data))).toMatchObject([
    { notification_id: notice?.id, type: "run.failed", title: "nightly failed" },
  ])
})

test("only what was asked for is told: of these workflows, tags, kinds and times", async () => {
  const ada = given.person(house)
  const grace = given.person(house, "owner", ada.workspace_id)
  house.known.tags.set("tagged", ["etl"])
  await subscribe(ada, { events: ["run.failed"], workflows: ["nightly"], tags: ["etl"] })
  await subscribe(grace, { events: ["run.completed", "run.cancelled"] })
  const of = (workflow: string, status: "failed" | "completed" | "cancelled" = "failed") =>
    given.end(house, ada.workspace_id, { workflow, status })
  const old = { ...of("nightly"), at: "2026-01-01T00:00:00.000Z" }
  const elsewhere = given.end(house, crypto.randomUUID(), { workflow: "nightly" })
  await house.tell(
    of("nightly"),
    of("tagged"),
    of("other"),
    of("nightly", "completed"),
    old,
    elsewhere,
    of("x", "cancelled"),
  )
  expect(await titles(ada)).toEqual(["tagged failed", "nightly failed"])
  expect(await titles(grace)).toEqual(["x was cancelled", "nightly completed"])
})

test("a part of a run is told of by itself only to who names its workflow", async () => {
  const ada = given.person(house)
  const grace = given.person(house, "owner", ada.workspace_id)
  await subscribe(ada, { events: ["run.failed"] })
  await subscribe(grace, { events: ["run.failed"], workflows: ["part"] })
  await house.tell(
    given.end(house, ada.workspace_id, { workflow: "part", whole_run_id: crypto.randomUUID() }),
  )
  expect([await titles(ada), await titles(grace)]).toEqual([[], ["part failed"]])
})

test("what waits for somebody is in their inbox, by role or by name, and in nobody else's", async () => {
  const admin = given.person(house, "admin")
  const owner = given.person(house, "owner", admin.workspace_id)
  const viewer = given.person(house, "viewer", admin.workspace_id)
  const named = given.person(house, "viewer", admin.workspace_id)
  await subscribe(viewer, { events: ["approval.waiting"] })
  await house.tell(
    given.approval(house, admin.workspace_id, { roles: ["admin"], people: [named.email.toUpperCase()] }),
  )
  for (const person of [admin, owner, named]) {
    const [notice] = await inbox(person)
    expect(notice).toMatchObject({
      type: "approval.waiting",
      title: "release: sign_off waits for a decision",
    })
    expect(notice?.body).toContain("May it go out?")
  }
  expect(await inbox(viewer)).toEqual([])
  const [usual] = (await house.ask(admin, "GET", "subscriptions")).body.items as { id: string }[]
  await house.ask(admin, "POST", `subscriptions/${usual?.id}/pause`)
  await house.tell(given.approval(house, admin.workspace_id, { roles: ["admin"] }))
  expect([(await inbox(admin)).length, (await inbox(owner)).length]).toEqual([1, 2])
})

test("who is no member any more is told nothing, and the workspace's own one tells everybody who is", async () => {
  const ada = given.person(house)
  const grace = given.person(house, "developer", ada.workspace_id)
  await subscribe(ada, { events: ["run.failed"] })
  await subscribe(grace, { events: ["run.failed"], scope: "workspace" })
  house.known.people.set(ada.workspace_id, [grace])
  await house.tell(given.end(house, ada.workspace_id))
  house.known.people.set(ada.workspace_id, [ada, grace])
  expect([await titles(ada), await titles(grace)]).toEqual([[], ["nightly failed"]])
})

test("a paused one tells nothing of what happens meanwhile", async () => {
  const ada = given.person(house)
  const { id } = await subscribe(ada, { events: ["run.failed"] })
  await house.ask(ada, "POST", `subscriptions/${id}/pause`)
  await house.tell(given.end(house, ada.workspace_id))
  await house.ask(ada, "POST", `subscriptions/${id}/resume`)
  await house.tell(given.end(house, ada.workspace_id, { workflow: "later" }))
  expect(await titles(ada)).toEqual(["later failed"])
})

test("what happened while it was paused, or before it asked for it, is nothing to it, however late it is told", async () => {
  const ada = given.person(house)
  const { id } = await subscribe(ada, { events: ["run.completed"] })
  const now = () => ({ ...given.end(house, ada.workspace_id), at: new Date().toISOString() })
  const before = now()
  await house.ask(ada, "PATCH", `subscriptions/${id}`, { events: ["run.failed"] })
  await house.tell(before)
  expect(await titles(ada)).toEqual([])
  await house.ask(ada, "POST", `subscriptions/${id}/pause`)
  const meanwhile = now()
  await house.ask(ada, "POST", `subscriptions/${id}/resume`)
  await house.tell(before, meanwhile)
  expect(await titles(ada)).toEqual([])
  await house.tell(given.end(house, ada.workspace_id, { workflow: "later" }))
  expect(await titles(ada)).toEqual(["later failed"])
})

test("runs are listened to only while somebody is to be told of them, from the moment on", async () => {
  const own = await given.house()
  const ada = given.person(own)
  const { listening } = own.office
  const wanted = () => listening.wanted().map(({ topic }) => topic)
  const settled = async () => {
    await listening.refresh()
    await listening.refresh()
    return wanted()
  }
  expect(await settled()).toEqual([])
  const make = (body: object) => own.ask(ada, "POST", "subscriptions", body)
  const failed = await make({ events: ["run.failed", "approval.waiting"] })
  expect(wanted()).toEqual(["workflow.completed"])
  const slow = await make({ events: ["run.slow"], longer_than: "1h" })
  expect(wanted().sort()).toEqual(["workflow.completed", "workflow.started"])
  expect((await settled()).sort()).toEqual(["workflow.completed", "workflow.started"])
  await own.ask(ada, "DELETE", `subscriptions/${slow.body.id}`)
  expect(await settled()).toEqual(["workflow.completed"])
  await own.ask(ada, "POST", `subscriptions/${failed.body.id}/pause`)
  expect(await settled()).toEqual([])
  await own.ask(ada, "POST", `subscriptions/${failed.body.id}/resume`)
  expect(wanted()).toEqual(["workflow.completed"])
  await own.close()
})

test("a dead letter is told of with its job", async () => {
  const ada = given.person(house)
  await subscribe(ada, { events: ["job.dead_lettered"] })
  await house.tell(
    given.event("job.dead_lettered", {
      ...{ dead_letter_id: crypto.randomUUID(), job_id: crypto.randomUUID(), workspace_id: ada.workspace_id },
      ...{ type: "resize", queue: "images", attempts: 3, reason: "retries", log_chunks: 0 },
      ...{ error: { code: "broken", message: "no such picture" }, at: new Date().toISOString() },
    }),
  )
  expect(await inbox(ada)).toMatchObject([
    { title: "Job resize is a dead letter", body: expect.stringContaining("no such picture") },
  ])
})

test("of tickets one is told of one's own, of what others did, and a workspace of all", async () => {
  const ada = given.person(house)
  const grace = given.person(house, "developer", ada.workspace_id)
  const events = ["ticket.created", "ticket.updated", "ticket.status.updated", "comment.added"] as const
  for (const person of [ada, grace]) await subscribe(person, { events })
  const at = new Date().toISOString()
  const ticket = {
    ...{ ticket_id: crypto.randomUUID(), workspace_id: ada.workspace_id, project_id: crypto.randomUUID() },
    ...{ key: "WEB-12", title: "Sign in is slow", status: "todo", priority: "high", deadline: null, at },
    ...{ assignee_id: ada.user_id, reporter_id: grace.user_id, actor_id: grace.user_id },
  }
  await house.tell(
    given.event("ticket.created", ticket),
    given.event("ticket.updated", { ...ticket, changed: ["deadline", "labels"] }),
    given.event("ticket.status.updated", {
      ...ticket,
      status: "review",
      earlier_status: "todo",
      actor_id: ada.user_id,
    }),
    given.event("comment.added", { ...ticket, comment_id: crypto.randomUUID(), text: "Look at the index." }),
    given.event("ticket.created", {
      ...ticket,
      key: "WEB-13",
      assignee_id: null,
      actor_id: null,
      reporter_id: null,
    }),
  )
  const told = async (person: Person) =>
    ((await inbox(person)) as { title: string; body: string; link: string }[]).toSorted((one, other) =>
      one.title < other.title ? -1 : 1,
    )
  expect(await told(ada)).toMatchObject([
    { title: "WEB-12 Sign in is slow: a comment", body: expect.stringContaining("Look at the index.") },
    { title: "WEB-12 Sign in is slow: changed", body: expect.stringContaining("deadline, labels") },
    { title: "WEB-12 Sign in is slow: new", link: expect.stringContaining(`/tickets/${ticket.ticket_id}`) },
  ])
  expect(await told(grace)).toMatchObject([
    { title: "WEB-12 Sign in is slow: review", body: expect.stringContaining("It was todo before.") },
  ])
})

const started = (workspace_id: string, ago_s: number) => {
  const run = { run_id: crypto.randomUUID(), workspace_id, workflow: "nightly", version: 1 }
  const started_at = new Date(Date.now() - ago_s * 1_000).toISOString()
  return { run, event: given.event("workflow.started", { ...run, trigger: "test", started_at }), started_at }
}

const backdate = () =>
  house.office.database.run(
    (sql) => sql`update notification.subscription set counts_from = now() - interval '1 day'`,
  )

test("a run that takes too long is told of while it runs, once, and not again at its end", async () => {
  const ada = given.person(house)
  await subscribe(ada, { events: ["run.slow"], longer_than: "1m" })
  await subscribe(ada, { events: ["run.slow"], longer_than: "1h", name: "hours" })
  await backdate()
  const { run, event, started_at } = started(ada.workspace_id, 120)
  house.known.open.add(run.run_id)
  await house.tell(event)
  const fire = fireWatches(house.office)
  await fire()
  await fire()
  expect((await inbox(ada)).map(({ title, body }) => [title, body.split("\n")[0]])).toEqual([
    ["nightly is slow", "It takes longer than 1m."],
  ])
  await house.tell(given.end(house, ada.workspace_id, { ...run, started_at, status: "completed" }))
  expect(await inbox(ada)).toHaveLength(1)
})

test("a run whose end is known before anybody looked is slow by how long it took, not by when it is looked at", async () => {
  const ada = given.person(house)
  await subscribe(ada, { events: ["run.slow"], longer_than: "1m" })
  await backdate()
  const quick = started(ada.workspace_id, 120)
  const slow = started(ada.workspace_id, 120)
  await house.tell(quick.event, slow.event)
  await fireWatches(house.office)()
  expect(await inbox(ada)).toEqual([])
  const ended = ({ run, started_at }: typeof quick, after_s: number) =>
    given.end(house, ada.workspace_id, {
      ...{ ...run, started_at, status: "completed" },
      finished_at: new Date(Date.parse(started_at) + after_s * 1_000).toISOString(),
    })
  await house.tell(ended(quick, 30), ended(slow, 90))
  const { body } = await house.ask(ada, "GET", "deliveries")
  expect((body.items as { run_id: string }[]).map(({ run_id }) => run_id)).toEqual([slow.run.run_id])
  expect(await house.office.database.run((sql) => sql`select from notification.watch`)).toEqual([])
})

test("text of others is one line without anything that a terminal obeys", async () => {
  const ada = given.person(house)
  await subscribe(ada, { events: ["run.failed"] })
  const end = given.end(house, ada.workspace_id, { workflow: "a\u001b[2J\u202eb\r\nc" })
  const { run_id } = end.data as { run_id: string }
  const known = house.known.runs.get(run_id)
  const message = "bad\u001b]52;c;x\u0007 \u009bthing"
  if (known) house.known.runs.set(run_id, { ...known, cause: { task: "t", attempt: 1, code: "x", message } })
  await house.tell(end)
  const [notice] = await inbox(ada)
  expect(notice?.title).toBe("a [2J b c failed")
  expect(/[\p{Cc}\p{Cf}]/u.test(`${notice?.title}${notice?.body.replaceAll("\n", "")}`)).toBe(false)
})

test("what is read is read for good, by its holder alone, and the count is what is left", async () => {
  const ada = given.person(house)
  const grace = given.person(house, "owner", ada.workspace_id)
  await subscribe(ada, { events: ["run.failed"] })
  for (const workflow of ["one", "two", "three"])
    await house.tell(given.end(house, ada.workspace_id, { workflow }))
  const count = async (person: Person) =>
    (await house.ask(person, "GET", "notifications/unread-count")).body.count
  expect([await count(ada), await count(grace)]).toEqual([3, 0])
  const [newest] = await inbox(ada)
  const path = `notifications/${newest?.id}/read`
  expect((await house.ask(grace, "PATCH", path)).body.code).toBe("notification.not_found")
  const read = await house.ask(ada, "PATCH", path)
  expect([read.status, await count(ada)]).toEqual([200, 2])
  expect((await house.ask(ada, "PATCH", path)).body.read_at).toBe(read.body.read_at)
  expect([await count(ada), (await inbox(ada, "?unread=true")).length]).toEqual([2, 2])
  const first = await house.ask(ada, "GET", "notifications?limit=2")
  const second = await house.ask(ada, "GET", `notifications?limit=2&cursor=${first.body.next_cursor}`)
  expect(
    [...(first.body.items as Item[]), ...(second.body.items as Item[])].map(({ title }) => title),
  ).toEqual([...["three failed", "two failed", "one failed"]])
  expect((await house.ask(ada, "POST", "notifications/read-all")).body).toEqual({ count: 0 })
  expect(await count(ada)).toBe(0)
})
