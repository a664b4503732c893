import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { join } from "node:path"
import { type Database, json, list, type Sql } from "#kernel/database/database.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import { cleanInbox, cleanOutbox } from "./clean.ts"
import { type Event, emit } from "./emit.ts"
import { takeNew } from "./inbox.ts"
import { outboxLag } from "./lag.ts"
import { readingRight } from "./lease.ts"
import { type Entry, openReader, type Reader, type ReaderOptions } from "./read.ts"

let database: Database
beforeAll(async () => {
  const migrations = [{ prefix: "kernel/outbox/", path: join(import.meta.dir, "tables.sql") }]
  database = await testDatabase({ schema: "producer", migrations, max_sessions: 20 })
})
afterAll(() => database.close())
beforeEach(() =>
  database.run((sql) =>
    sql.script("truncate producer.outbox, producer.reader, producer.inbox, producer.parked"),
  ),
)

const user_id = "01890000-0000-7000-8000-000000000001"
const registered = (key: string, name: number): Event => ({
  type: "user.registered",
  key,
  data: { user_id, email: "a@example.test", name: String(name) },
})
const publish = (events: readonly Event[]) => database.tx((sql) => emit(sql, events))

const reading = (more: Partial<ReaderOptions> = {}): Reader =>
  openReader({ source: { database }, name: "reader", max_events: 100, ...more })

const nameOf = ({ event }: Entry) => (event.data as { name: string }).name

/** Reads and leaves behind until there is nothing more. */
const readAll = async (reader: Reader): Promise<readonly Entry[]> => {
  const all: Entry[] = []
  for (;;) {
    const page = await reader.read()
    const last = page.at(-1)
    if (last === undefined) return all
    if (await database.tx((sql) => reader.advance(sql, last))) all.push(...page)
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const count = async (table: string) => {
  const [row] = await database.run((sql) =>
    sql.statement<{ count: number }>(`select count(*)::int as count from producer.${table}`, []),
  )
  return row?.count
}

test("an emit that is rolled back publishes nothing", async () => {
  const failing = database.tx(async (sql) => {
    await emit(sql, [registered("k", 1)])
    throw new Error("changed my mind")
  })
  expect(failing).rejects.toThrow("changed my mind")
  await publish([registered("k", 2)])
  expect((await readAll(reading())).map(nameOf)).toEqual(["2"])
})

test("a page ends near the wanted number of events, in the middle of no row", async () => {
  for (const n of numbers(10)) await publish(numbers(7).map((m) => registered("k", n * 7 + m)))
  const reader = reading({ max_events: 10 })
  expect(await reader.read()).toHaveLength(14)
  expect((await readAll(reader)).map(nameOf)).toEqual(numbers(70).map(String))
})

test("a reader that leaves part of a row behind goes on within it, also after a restart", async () => {
  await publish(numbers(10).map((n) => registered("k", n)))
  await publish([registered("k", 10)])
  const first = reading()
  const third = (await first.read())[2]
  if (third === undefined) throw new Error("nothing was read")
  await database.tx((sql) => first.advance(sql, third))
  expect((await readAll(reading())).map(nameOf)).toEqual(numbers(8).map((n) => String(n + 3)))
})

test("what was read but not left behind is read again", async () => {
  await publish([registered("k", 1)])
  const reader = reading()
  const [entry] = await reader.read()
  if (entry === undefined) throw new Error("nothing was read")
  const failing = database.tx(async (sql) => {
    await reader.advance(sql, entry)
    throw new Error("the handler failed")
  })
  expect(failing).rejects.toThrow("the handler failed")
  expect((await readAll(reader)).map(nameOf)).toEqual(["1"])
})

test("of two that read the same, one leaves it behind and the other notices", async () => {
  await publish(numbers(5).map((n) => registered("k", n)))
  const readers = [reading(), reading()]
  const lasts = await Promise.all(readers.map(async (reader) => (await reader.read()).at(-1)))
  const moved = await Promise.all(
    readers.map((reader, index) => {
      const last = lasts[index]
      return last ? database.tx((sql) => reader.advance(sql, last)) : undefined
    }),
  )
  expect(moved.toSorted()).toEqual([false, true])
  for (const reader of readers) expect(await reader.read()).toEqual([])
})

test("a reader of one topic passes over the others", async () => {
  const scheduled: Event = { type: "task.scheduled", key: "q", data: { queue: "q", ready: 1 } }
  for (const n of numbers(20)) await publish([scheduled, registered("k", n)])
  expect(await readAll(reading({ topics: () => ["task.scheduled"], max_events: 3 }))).toHaveLength(20)
})

test("rows whose bodies are gone are passed over, and rows without a way to derive them are an error", async () => {
  await database.run((sql) =>
    sql.statement(
      "insert into producer.outbox (topic, ids) select 'task.started', array[gen_random_uuid()] from generate_series(1, 7)",
      [],
    ),
  )
  await publish([registered("k", 1)])
  expect(reading().read()).rejects.toThrow("nothing derives them")
  const derive = async (_: Sql, rows: readonly unknown[]) => rows.map(() => [])
  const reader = openReader({ source: { database, derive }, name: "other", max_events: 3 })
  expect((await readAll(reader)).map(nameOf)).toEqual(["1"])
})

/** Writers that lock a key, draw an id and take their time to commit; some have drawn their xid long before. */
const disorder = async (sql: Sql, key: string): Promise<void> => {
  await sql`insert into producer.parked (consumer, topic, event, reason) values ('', '', '1', '')`
  if (Math.random() < 0.3) await sql`select pg_sleep(random() * 0.02)`
  const [row] = await sql<{ n: number }>`
    update producer.counter set n = n + 1 where key = ${key} returning n`
  await emit(sql, [registered(key, row?.n ?? 0)])
  if (Math.random() < 0.5) await sql`select pg_sleep(random() * 0.02)`
  if (Math.random() < 0.1) throw new Error("rolled back")
}

test("under writers that commit in any order nothing is lost, doubled or out of order per key", async () => {
  const keys = numbers(12).map((n) => `k${n}`)
  await database.run((sql) =>
    sql.script(
      "create table if not exists producer.counter (key text primary key, n int not null default 0)",
    ),
  )
  await database.run((sql) =>
    sql.statement("insert into producer.counter (key) select unnest($1::text::text[])", [list(keys)]),
  )
  let writing = true
  const writers = numbers(14).map(async () => {
    for (const _ of numbers(60)) {
      const key = keys[Math.floor(Math.random() * keys.length)] ?? ""
      await database.tx((sql) => disorder(sql, key)).catch(() => undefined)
    }
  })
  const finished = Promise.all(writers).finally(() => {
    writing = false
  })
  const readers = [3, 50].map(async (max_events) => {
    const reader = reading({ name: `by ${max_events}`, max_events })
    const all: Entry[] = []
    while (writing) all.push(...(await readAll(reader)))
    return [...all, ...(await readAll(reader))]
  })
  await finished
  const totals = await database.run(
    (sql) => sql<{ key: string; n: number }>`select key, n from producer.counter`,
  )
  for (const entries of await Promise.all(readers)) {
    for (const { key, n } of totals) {
      const names = entries.filter(({ event }) => event.key === key).map(nameOf)
      expect(names).toEqual(numbers(n).map((index) => String(index + 1)))
    }
  }
})

test("cleaning removes what every reader has behind it, and nothing else", async () => {
  await publish([registered("k", 1)])
  const slow = reading({ name: "slow" })
  const fast = reading({ name: "fast" })
  await readAll(slow)
  await publish([registered("k", 2)])
  await readAll(fast)
  await slow.read()
  await database.run(cleanOutbox)
  expect(await count("outbox")).toBe(1)
  expect((await readAll(slow)).map(nameOf)).toEqual(["2"])
  await database.run(cleanOutbox)
  expect(await count("outbox")).toBe(0)
})

test("a reader that has nothing of its own to read does not hold back the cleaning for ever", async () => {
  const other = reading({ name: "other", topics: () => ["task.started"], keep_ms: 0 })
  await other.read()
  await publish([registered("k", 1)])
  await readAll(reading())
  await other.read()
  await publish([registered("k", 2)])
  await other.read()
  await other.read()
  await readAll(reading())
  await database.run(cleanOutbox)
  expect(await count("outbox")).toBeLessThan(2)
})

test("a reader that was given up is not waited for once it is a week behind", async () => {
  await publish([registered("k", 1)])
  await reading({ name: "given up" }).read()
  await readAll(reading())
  await database.run((sql) =>
    sql.script("update producer.reader set updated_at = now() - interval '8 days' where name = 'given up'"),
  )
  await database.run(cleanOutbox)
  expect(await count("outbox")).toBe(0)
})

test("an inbox takes each event once for each consumer, and forgets the old ones", async () => {
  const ids = numbers(3).map(() => Bun.randomUUIDv7())
  const taken = (consumer: string, some: readonly string[]) =>
    database.tx(async (sql) => [...(await takeNew(sql, consumer, some))].toSorted())
  expect(await taken("one", ids.slice(0, 2))).toEqual(ids.slice(0, 2))
  expect(await taken("one", [...ids, ...ids])).toEqual(ids.slice(2))
  expect(await taken("two", ids)).toEqual(ids)
  await database.run((sql) =>
    sql.script("update producer.inbox set at = now() - interval '15 days' where consumer = 'one'"),
  )
  expect(await database.run((sql) => cleanInbox(sql))).toBe(false)
  expect(await count("inbox")).toBe(3)
})

test("only one has the right to read on, until it gives it back", async () => {
  const [one, other] = [
    readingRight(database, "r", { lease_ms: 60_000 }),
    readingRight(database, "r", { lease_ms: 0 }),
  ]
  expect(await one.hold()).toBe("taken")
  expect(await one.hold()).toBe("held")
  expect(await other.hold()).toBe("others")
  await one.giveBack()
  expect(await other.hold()).toBe("taken")
})

test("who is alone doesn't wait for the right of somebody who died", async () => {
  expect(await readingRight(database, "left", { lease_ms: 60_000 }).hold()).toBe("taken")
  expect(await readingRight(database, "left", { lease_ms: 60_000 }).hold()).toBe("others")
  expect(await readingRight(database, "left", { lease_ms: 60_000, is_alone: true }).hold()).toBe("taken")
})

test("a row holds either bodies or ids", () => {
  const both = database.run((sql) =>
    sql.statement("insert into producer.outbox (topic, events, ids) values ('t', $1::text::json, '{}')", [
      json([]),
    ]),
  )
  expect(both).rejects.toThrow("check")
})

test("lag tells for each reader how much waits for it and how long", async () => {
  await readAll(reading({ name: "behind" }))
  await publish([registered("k", 1)])
  await readAll(reading({ name: "done" }))
  await database.run((sql) => sql.script("update producer.outbox set at = now() - interval '1 minute'"))
  const [behind, done] = await database.run(outboxLag)
  expect(behind).toMatchObject({ reader: "behind", waiting: 1 })
  expect(behind?.oldest_s).toBeGreaterThan(59)
  expect(done).toEqual({ reader: "done", waiting: 0, oldest_s: 0 })
})

test("what was of no interest is left behind in time, also when nothing more comes", async () => {
  const reader = reading({ name: "elsewhere", topics: () => ["task.started"], keep_ms: 200 })
  await reader.read()
  await publish([registered("k", 1)])
  expect(await reader.read()).toEqual([])
  const lag = async () => (await database.run(outboxLag)).find((one) => one.reader === "elsewhere")
  expect(await lag()).toMatchObject({ waiting: 1 })
  await until("it is written down", async () => {
    await reader.read()
    return (await lag())?.waiting === 0
  })
})
