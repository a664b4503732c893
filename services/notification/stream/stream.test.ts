import { afterAll, beforeAll, expect, test } from "bun:test"
import type { App } from "#kernel/http/app.ts"
import { serveHttp } from "#kernel/http/serve.ts"
import { until } from "#kernel/testing/until.ts"
import { given, type NotificationHouse, type Person } from "../given.ts"
import { limits } from "./limits.ts"
import { deletePresence, insertPresence } from "./presence.ts"

let house: NotificationHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Heard = {
  readonly event: string
  readonly id: string
  readonly data: { count?: number; title?: string }
}

/** A stream being read, and what has come of it so far. */
const follow = async (person: Person, { last, app = house.app }: { last?: string; app?: App } = {}) => {
  const headers = {
    authorization: `Bearer ${person.bearer}`,
    ...(last !== undefined && { "last-event-id": last }),
  }
  const answer = await app.request("/api/v1/notifications/stream", { headers })
  const heard: Heard[] = []
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let open = ""
  const read = async (): Promise<void> => {
    const piece = await reader?.read().catch(() => undefined)
    if (!piece || piece.done) return
    const blocks = (open + decoder.decode(piece.value)).split("\n\n")
    open = blocks.pop() ?? ""
    for (const block of blocks) {
      const [, event = "", data = "null", id = ""] = /^event: (.*)\ndata: (.*)\nid: (.*)$/.exec(block) ?? []
      if (event !== "") heard.push({ event, id, data: JSON.parse(data) as Heard["data"] })
    }
    await read()
  }
  const over = read()
  return { status: answer.status, heard, over, leave: () => reader?.cancel() }
}

const told = (heard: readonly Heard[]) => heard.map(({ data }) => data.title ?? data.count)

const fail = (person: Person, workflow: string) =>
  house.tell(given.end(house, person.workspace_id, { workflow }))

const subscriber = async () => {
  const ada = given.person(house)
  await house.ask(ada, "POST", "subscriptions", { events: ["run.failed"] })
  return ada
}

test("a stream begins with what is unread, and goes on with what comes", async () => {
  const ada = await subscriber()
  await fail(ada, "early")
  const { heard, leave } = await follow(ada)
  await until("it has begun", () => heard.length === 1)
  await fail(ada, "late")
  await until("news has come", () => heard.length === 2)
  expect(heard.map(({ event }) => event)).toEqual(["unread_sync", "notification_received"])
  expect(told(heard)).toEqual([1, "late failed"])
  await leave()
})

test("who comes back is given what they have missed, each once and in order", async () => {
  const ada = await subscriber()
  const first = await follow(ada)
  await until("it has begun", () => first.heard.length === 1)
  await fail(ada, "one")
  await until("one has come", () => first.heard.length === 2)
  await first.leave()
  const last = first.heard.at(-1)?.id ?? ""
  for (let count = 2; count < 260; count += 1) {
    // By many at once: those of a storm would be bundled.
    await fail(ada, `run-${count}`)
  }
  const second = await follow(ada, { last })
  await until("it has begun", () => second.heard.length > 0)
  await fail(ada, "last")
  await until("the last one has come", () => told(second.heard).includes("last failed"))
  const ids = second.heard
    .filter(({ event }) => event === "notification_received")
    .map(({ id }) => Number(id))
  expect(ids).toEqual(Array.from({ length: 259 }, (_, index) => Number(last) + 1 + index))
  expect(told(second.heard)[0]).toBe(259)
  await second.leave()
}, 60_000)

test("many who write to one inbox at once leave no gap, and no stream misses any", async () => {
  const ada = await subscriber()
  const stream = await follow(ada)
  await until("it has begun", () => stream.heard.length === 1)
  await Promise.all(Array.from({ length: 40 }, (_, index) => fail(ada, `at-once-${index}`)))
  await until("all have come", () => stream.heard.filter(({ data }) => data.title).length === 40)
  expect(stream.heard.slice(1).flatMap(({ id, data }) => (data.title ? [Number(id)] : []))).toEqual(
    Array.from({ length: 40 }, (_, index) => index + 1),
  )
  await stream.leave()
})

test("what is read elsewhere is less to read here, and what is unread again more", async () => {
  const ada = await subscriber()
  await fail(ada, "one")
  const { heard, leave } = await follow(ada)
  await until("it has begun", () => heard.length === 1)
  await house.ask(ada, "POST", "notifications/read-all")
  await until("it is said", () => heard.length === 2)
  const { items } = (await house.ask(ada, "GET", "notifications")).body as { items: { id: string }[] }
  const unread = () => house.ask(ada, "PATCH", `notifications/${items[0]?.id}/unread`)
  expect((await unread()).body).toMatchObject({ read_at: null })
  await until("that is said, too", () => heard.length === 3)
  await unread()
  expect((await house.ask(ada, "GET", "notifications/unread-count")).body).toEqual({ count: 1 })
  expect([heard.map(({ event }) => event), told(heard)]).toEqual([
    ["unread_sync", "unread_sync", "unread_sync"],
    [1, 0, 1],
  ])
  await leave()
})

test("news reaches the process that holds the stream, and no other is told of it", async () => {
  const ada = await subscriber()
  const [holder, bystander] = [house.neighbour(), house.neighbour()]
  const stream = await follow(ada, { app: holder.app })
  const other = given.person(house)
  const elsewhere = await follow(other, { app: bystander.app })
  await until("both have begun", () => stream.heard.length + elsewhere.heard.length === 2)
  await fail(ada, "routed")
  expect(await bystander.office.streams.collect()).toBe(false)
  expect(await holder.office.streams.collect()).toBe(true)
  await until("it has come", () => told(stream.heard).includes("routed failed"))
  await stream.leave()
  await elsewhere.leave()
  await until("nobody is noted any more", async () => (await presences(ada)) === 0)
  await fail(ada, "unheard")
  const pushes = await house.office.database.run(
    (sql) => sql`select from notification.push where user_id = ${ada.user_id}::text::uuid`,
  )
  expect(pushes).toEqual([])
})

const presences = async ({ user_id }: Person) =>
  (
    await house.office.database.run(
      (sql) => sql`select from notification.presence where user_id = ${user_id}::text::uuid`,
    )
  ).length

test("a process that is gone is told nothing any more, and is forgotten; one that was only slow is noted anew", async () => {
  const ada = await subscriber()
  const slow = house.neighbour()
  const stream = await follow(ada, { app: slow.app })
  await until("it has begun", () => stream.heard.length === 1)
  await house.office.database.run(
    (sql) => sql`update notification.instance set alive_until = now() - interval '1 hour'`,
  )
  await fail(ada, "unannounced")
  expect(await slow.office.streams.collect()).toBe(false)
  await house.office.streams.stayAlive()
  expect(await presences(ada)).toBe(0)
  await slow.office.streams.stayAlive()
  expect(await presences(ada)).toBe(1)
  await fail(ada, "announced")
  await slow.office.streams.collect()
  await until("all has come", () => told(stream.heard).includes("announced failed"))
  expect(told(stream.heard)).toEqual([0, "unannounced failed", "announced failed"])
  await stream.leave()
})

test("a stream that closes takes nothing from another of the same person that opens meanwhile", async () => {
  const ada = await subscriber()
  for (let round = 0; round < 20; round += 1) {
    const first = await follow(ada)
    const [, second] = await Promise.all([first.leave(), follow(ada)])
    await until("it has begun", () => second.heard.length === 1)
    expect(await presences(ada)).toBe(1)
    await second.leave()
    await until("it is over", async () => (await presences(ada)) === 0)
  }
})

test("what an earlier opening takes away is never what a later one has noted", async () => {
  const ada = given.person(house)
  const instance_id = crypto.randomUUID()
  const { database } = house.office
  for (const opening of [1, 2])
    await database.tx((sql) => insertPresence(sql, instance_id, { ...ada, opening }))
  await database.run((sql) => deletePresence(sql, instance_id, { ...ada, opening: 1 }))
  expect(await presences(ada)).toBe(1)
  await database.run((sql) => deletePresence(sql, instance_id, { ...ada, opening: 2 }))
  expect(await presences(ada)).toBe(0)
})

test("one person holds only so many streams open", async () => {
  const ada = given.person(house)
  const streams = await Promise.all(Array.from({ length: limits.per_user }, () => follow(ada)))
  expect((await follow(ada)).status).toBe(429)
  await Promise.all(streams.map(({ leave }) => leave()))
  const again = await until("there is room", async () => {
    const stream = await follow(ada)
    return stream.status === 200 && stream
  })
  await again.leave()
})

type Said = { readonly messages: Heard[]; readonly closed: Promise<number>; close(): void }

const talk = (url: string, headers: Record<string, string>): Said => {
  const messages: Heard[] = []
  const { promise: closed, resolve } = Promise.withResolvers<number>()
  // The types are of browsers, which can send no headers.
  const socket = new WebSocket(url, { headers } as unknown as string[])
  socket.onmessage = ({ data }) => messages.push(JSON.parse(String(data)) as Heard)
  socket.onclose = ({ code }) => resolve(code)
  return { messages, closed, close: () => socket.close() }
}

test("a WebSocket says the same, to who is let in and from no page of another origin, and ends with what let them in", async () => {
  const ada = await subscriber()
  const server = serveHttp(house.app.fetch, {
    host: "127.0.0.1",
    port: 0,
    origins: ["https://app.example.test"],
  })
  const url = `ws://127.0.0.1:${server.port}/api/v1/notifications/stream`
  const authorization = `Bearer ${ada.bearer}`
  await fail(ada, "before")
  const here = talk(url, { authorization, origin: `http://127.0.0.1:${server.port}` })
  const listed = talk(`${url}?last_event_id=0`, { authorization, origin: "https://app.example.test" })
  await until("both have begun", () => here.messages.length === 1 && listed.messages.length === 2)
  expect(listed.messages.map(({ event }) => event)).toEqual(["unread_sync", "notification_received"])
  await fail(ada, "after")
  await until("it has come", () => here.messages.length === 2)
  expect(here.messages[1]).toMatchObject({
    id: "2",
    event: "notification_received",
    data: { title: "after failed" },
  })
  const foreign = talk(url, { authorization, origin: "https://evil.example.test" })
  const nobody = talk(url, { authorization: "Bearer nobody" })
  expect([await foreign.closed, await nobody.closed]).toEqual([1006, 1006])
  expect([foreign.messages, nobody.messages]).toEqual([[], []])
  house.known.people.set(ada.workspace_id, [])
  expect(await here.closed).toBe(1008)
  listed.close()
  await server.stop()
})

test("what is no stream is answered as it is, also to who would open a WebSocket", async () => {
  const ada = given.person(house)
  const server = serveHttp(house.app.fetch, { host: "127.0.0.1", port: 0 })
  const headers = {
    ...{ authorization: `Bearer ${ada.bearer}`, upgrade: "websocket", connection: "Upgrade" },
    ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" },
  }
  const base = `http://127.0.0.1:${server.port}/api/v1/notifications`
  const list = await fetch(base, { headers })
  expect([list.status, await list.json()]).toEqual([200, { items: [], next_cursor: null }])
  const evil = await fetch(base, { headers: { ...headers, origin: "https://evil.example.test" } })
  expect([evil.status, ((await evil.json()) as { code: string }).code]).toEqual([403, "request.cross_origin"])
  await server.stop()
})
