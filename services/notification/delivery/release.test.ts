import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { given, type NotificationHouse, type Person } from "../given.ts"
import { releaseHeld } from "./release.ts"

let house: NotificationHouse
let server: ReturnType<typeof Bun.serve>
let called: { type: string; data: { title: string; body: string; count?: number } }[] = []
beforeAll(async () => {
  house = await given.house()
  server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      called.push((await request.json()) as (typeof called)[number])
      return new Response()
    },
  })
})
beforeEach(() => {
  called = []
})
afterAll(async () => {
  await server.stop(true)
  await house.close()
})

const subscribe = async (person: Person, more: object = {}) => {
  const wanted = {
    events: ["run.failed"],
    channel: "webhook",
    to: [`http://127.0.0.1:${server.port}/`],
    ...more,
  }
  return (await house.ask(person, "POST", "subscriptions", wanted)).body as { id: string }
}

const fail = (person: Person, workflow = "nightly") =>
  house.tell(given.end(house, person.workspace_id, { workflow }))

const statuses = async (person: Person) => {
  const { body } = await house.ask(person, "GET", "deliveries?limit=200")
  const all = (body.items as { status: string }[]).map(({ status }) => status)
  return Object.fromEntries(
    [...Map.groupBy(all, (status) => status)].map(([status, some]) => [status, some.length]),
  )
}

const send = async () => {
  while (await house.sender.round()) await house.sender.drain()
  await house.sender.drain()
}

/** Lets the time come for which what is held has waited. */
const wait = () =>
  house.office.database.run(
    (sql) =>
      sql`update notification.delivery set due_at = now() where status = 'held' and due_at is not null`,
  )

const release = async (house_office = house.office) => {
  const round = releaseHeld(house_office)
  while (await round());
}

test("a storm is five messages and one that has the rest, and what it had is known", async () => {
  const ada = given.person(house)
  await subscribe(ada)
  await house.tell(...Array.from({ length: 30 }, () => given.end(house, ada.workspace_id)))
  for (let count = 0; count < 10; count += 1) await fail(ada)
  await fail(ada, "another")
  await send()
  await release()
  await send()
  expect(called.map(({ data }) => data.title).sort()).toEqual([
    ...["another failed", ...Array.from({ length: 5 }, () => "nightly failed")],
  ])
  expect(await statuses(ada)).toEqual({ delivered: 6, held: 35 })
  await wait()
  await Promise.all([release(), release(house.neighbour().office)])
  await send()
  expect(called).toHaveLength(7)
  expect(called.at(-1)).toMatchObject({
    type: "digest",
    data: {
      title: "35 notices: 35 × run.failed nightly",
      count: 35,
      body: expect.stringContaining("… and 15 more"),
    },
  })
  expect(await statuses(ada)).toEqual({ delivered: 7, bundled: 35 })
})

test("what another process has let go meanwhile is not let go once more", async () => {
  const ada = given.person(house)
  await subscribe(ada, { digest: "hourly" })
  await fail(ada, "one")
  await fail(ada, "two")
  await wait()
  const { database } = house.office
  let is_overtaken = false
  const run: typeof database.run = async (work, options) => {
    const found = await database.run(work, options)
    const isHeld =
      Array.isArray(found) && (found[0] as { content?: unknown } | undefined)?.content !== undefined
    if (isHeld && !is_overtaken) {
      is_overtaken = true
      await release(house.neighbour().office)
    }
    return found
  }
  await release({ ...house.office, database: { ...database, run } })
  await send()
  expect([is_overtaken, called.map(({ data }) => data.body)]).toEqual([true, ["- one failed\n- two failed"]])
})

test("a digest has all of its hour, and one alone comes as it is", async () => {
  const ada = given.person(house)
  await subscribe(ada, { digest: "hourly" })
  await fail(ada, "one")
  await fail(ada, "two")
  await release()
  await send()
  expect(called).toEqual([])
  await wait()
  await release()
  await send()
  expect(called.map(({ type, data }) => [type, data.body])).toEqual([
    ["digest", "- one failed\n- two failed"],
  ])
  await fail(ada, "three")
  await wait()
  await release()
  await send()
  expect(called.at(-1)).toMatchObject({ type: "run.failed", data: { title: "three failed" } })
})

test("what is held for an inbox comes there when its time has come", async () => {
  const ada = given.person(house)
  await subscribe(ada, { channel: "in_app", to: [], digest: "daily" })
  const titles = async () =>
    ((await house.ask(ada, "GET", "notifications")).body.items as { title: string }[]).map(
      ({ title }) => title,
    )
  await fail(ada, "one")
  expect(await titles()).toEqual([])
  await wait()
  await release()
  expect(await titles()).toEqual(["one failed"])
  await fail(ada, "two")
  await fail(ada, "three")
  await wait()
  await Promise.all([release(), release(house.neighbour().office)])
  expect(await titles()).toEqual(["2 notices: run.failed two, run.failed three", "one failed"])
})

test("what is held of a paused subscription waits until it goes on", async () => {
  const ada = given.person(house)
  const { id } = await subscribe(ada, { digest: "hourly" })
  await fail(ada)
  await house.ask(ada, "POST", `subscriptions/${id}/pause`)
  await wait()
  await release()
  expect(await statuses(ada)).toEqual({ held: 1 })
  await house.ask(ada, "POST", `subscriptions/${id}/resume`)
  await release()
  await send()
  expect(called).toHaveLength(1)
})
