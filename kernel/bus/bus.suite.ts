import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { type Database, json, list, type Sql } from "#kernel/database/database.ts"
import { migrate } from "#kernel/database/migrate.ts"
import { openPool, type Pool } from "#kernel/database/open.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { type Event, emit } from "#kernel/outbox/emit.ts"
import { nudge } from "#kernel/outbox/nudge.ts"
import type { Loop } from "#kernel/service/loop.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { freshDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import type { Bus, Consumer, TransactionalConsumer, WantedTopic } from "./bus.ts"
import type { Gauge } from "./yield.ts"

/** A producer's and a consumer's schema, and as many buses between them as there would be processes. */
export type World = {
  readonly producer: Database
  readonly consumer: Database
  /** What is before the names in a cluster that worlds share. */
  readonly id: string
  /** The database that both schemas are in. */
  readonly url: string
  /** A bus with both relays running. */
  openBus(): Bus
  /** Started, and stopped at the end of the test. */
  consume(bus: Bus, consumer: Consumer): Loop
  effects(): Promise<readonly Effect[]>
  parked(): Promise<readonly { topic: string; reason: string; consumer: string }[]>
  close(): Promise<void>
}

type Effect = { readonly key: string; readonly name: string; readonly event_id: string }

type Adapter = {
  /** Another bus in the same world, as another process would have it. */
  readonly openBus: (world_id: string) => Bus
}

const tables = { prefix: "kernel/outbox/", path: join(import.meta.dir, "..", "outbox", "tables.sql") }
const long = process.env.WF_TEST_LONG === "1"

let worlds = 0

const openWorld = async (pool: Pool, url: string, adapter: Adapter): Promise<World> => {
  worlds += 1
  const number = `w${worlds}`
  const id = `${process.pid}-${number}`
  const producer = pool.database(`producer_${number}`)
  const consumer = pool.database(`consumer_${number}`)
  for (const database of [producer, consumer]) {
    await migrate({ database, sources: [tables], log: silentLog })
  }
  await consumer.run((sql) =>
    sql.script(`create table ${consumer.schema}.effect
      (n bigint generated always as identity, key text, name text, event_id uuid)`),
  )
  const buses: Bus[] = []
  const loops: Loop[] = []
  return {
    producer,
    consumer,
    id,
    url,
    openBus() {
      const bus = adapter.openBus(id)
      buses.push(bus)
      for (const relay of [bus.relay(producer, deriveUsers), bus.relay(consumer)]) {
        loops.push(relay)
        relay.start()
      }
      return bus
    },
    consume(bus, reading) {
      const loop = bus.consume(reading)
      loops.push(loop)
      loop.start()
      return loop
    },
    effects: () =>
      consumer.run((sql) =>
        sql.statement<Effect>(`select key, name, event_id from ${sql.schema}.effect order by n`, []),
      ),
    parked: () =>
      consumer.run((sql) =>
        sql.statement(`select topic, reason, consumer from ${sql.schema}.parked order by id`, []),
      ),
    async close() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await Promise.all(buses.map((bus) => bus.close()))
    },
  }
}

const user_id = "01890000-0000-7000-8000-000000000001"

export const registered = (key: string, name: string | number): Event => ({
  type: "user.registered",
  key,
  data: { user_id, email: "a@example.test", name: String(name) },
})

const deriveUsers = async (_sql: Sql, rows: readonly { ids: readonly string[] }[]) =>
  rows.map(({ ids }) => ids.map((id) => ({ ...registered("derived", `of ${id}`), id })))

const nameOf = (event: Envelope): string => (event.type === "user.registered" ? event.data.name : "")

/** Writes an effect per event; a name that begins with "not" isn't a number and is refused by the database. */
const writeEffects = async (sql: Sql, events: readonly Envelope[]): Promise<void> => {
  await sql.statement(
    `insert into ${sql.schema}.effect (key, name, event_id)
     select key, case when name like 'not%' then name::int::text else name end, event_id
     from unnest($1::text::text[], $2::text::text[], $3::text::uuid[]) as t (key, name, event_id)`,
    [list(events.map((event) => event.key)), list(events.map(nameOf)), list(events.map((event) => event.id))],
  )
}

export const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

export const publish = (world: World, events: readonly Event[]) =>
  world.producer.tx((sql) => emit(sql, events))

const publishRaw = (world: World, topic: string, body: unknown) =>
  world.producer.run((sql) =>
    sql.statement(`insert into "${sql.schema}".outbox (topic, events) values ($1, $2::text::json)`, [
      topic,
      json([body]),
    ]),
  )

const namesByKey = (effects: readonly Effect[]) => {
  const found: Record<string, string[]> = {}
  for (const { key, name } of effects) found[key] = [...(found[key] ?? []), name]
  return found
}

export const untilEffects = (world: World, count: number, max_ms?: number) =>
  until(
    `${count} effects`,
    async () => {
      const [row] = await world.consumer.run((sql) =>
        sql.statement<{ count: number }>(`select count(*)::int as count from ${sql.schema}.effect`, []),
      )
      return (row?.count ?? 0) >= count && world.effects()
    },
    max_ms,
  )

export const transactional = (world: World, more: Partial<TransactionalConsumer> = {}): Consumer => ({
  group: "readers",
  topics: ["user.registered"],
  max_batch: 100,
  database: world.consumer,
  handle: writeEffects,
  ...more,
})

/** A test in a world of its own. */
export type InWorld = (sentence: string, work: (world: World) => Promise<void>, max_ms?: number) => void

const deliveryTests = (inWorld: InWorld) => {
  inWorld("an event arrives as it was emitted, with its source, time and trace", async (world) => {
    const got: Envelope[] = []
    const handle = async (events: readonly Envelope[]) => {
      got.push(...events)
    }
    world.consume(world.openBus(), { group: "g", topics: ["user.registered"], max_batch: 10, handle })
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await publish(world, [{ ...registered("k", "n"), id: user_id, traceparent }])
    await until("the event", () => got.length === 1)
    const { at, ...event } = got[0] as Envelope
    const expected: object = {
      ...registered("k", "n"),
      id: user_id,
      source: world.producer.schema,
      traceparent,
    }
    expect<object>(event).toEqual(expected)
    expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000)
  })

  inWorld("events of a key arrive in the order in which their transactions locked it", async (world) => {
    await world.producer.run((sql) =>
      sql.script(`create table ${sql.schema}.counter (key text primary key, n int not null default 0);
          insert into ${sql.schema}.counter (key) select 'k' || n from generate_series(0, 9) n`),
    )
    world.consume(world.openBus(), transactional(world))
    const step = (key: string) =>
      world.producer.tx(async (sql) => {
        const [row] = await sql.statement<{ n: number }>(
          `update ${sql.schema}.counter set n = n + 1 where key = $1 returning n`,
          [key],
        )
        await emit(sql, [registered(key, row?.n ?? -1)])
      })
    await Promise.all(numbers(600).map((index) => step(`k${index % 10}`)))
    const found = namesByKey(await untilEffects(world, 600))
    for (const names of Object.values(found)) {
      expect(names).toEqual(numbers(60).map((index) => String(index + 1)))
    }
  })

  inWorld("every group gets every event, and only of its topics", async (world) => {
    const bus = world.openBus()
    const seen: Record<string, number> = {}
    for (const group of ["one", "two"]) {
      const handle = async (events: readonly Envelope[]) => {
        seen[group] = (seen[group] ?? 0) + events.length
      }
      world.consume(bus, { group, topics: ["user.registered"], max_batch: 10, handle })
    }
    const other: Event = { type: "task.scheduled", key: "q", data: { queue: "q", ready: 1 } }
    await publish(world, [...numbers(30).map((n) => registered("k", n)), other])
    await until("all at both", () => seen.one === 30 && seen.two === 30)
  })

  inWorld("a topic that comes to be wanted is read from then on, until it isn't any more", async (world) => {
    const got: string[] = []
    let more: readonly WantedTopic[] = []
    const handle = async (events: readonly Envelope[]) => {
      got.push(...events.map((event) => event.type))
    }
    const group = { group: "g", topics: ["user.registered"], max_batch: 10, handle } as const
    world.consume(world.openBus(), { ...group, more_topics: () => more })
    const queued: Event = { type: "task.scheduled", key: "q", data: { queue: "q", ready: 1 } }
    const count = (type: string) => got.filter((one) => one === type).length
    await publish(world, [queued, registered("k", 1)])
    await until("the group's own", () => count("user.registered") === 1)
    expect(count("task.scheduled")).toBe(0)
    const before = count("task.scheduled")
    more = [{ topic: "task.scheduled", since: new Date() }]
    await publish(world, [queued])
    await until("what is wanted", () => count("task.scheduled") > before, 30_000)
    more = []
    const settled = async () => {
      const told = count("user.registered")
      const wanted = count("task.scheduled")
      await publish(world, [queued, registered("k", 2)])
      await until("the group's own", () => count("user.registered") > told, 30_000)
      return count("task.scheduled") === wanted
    }
    await until("it is left alone", settled, 30_000)
  })

  inWorld(
    "a group that wants nothing reads nothing, until there is something that it wants",
    async (world) => {
      const got: string[] = []
      let more: readonly WantedTopic[] = []
      const handle = async (events: readonly Envelope[]) => {
        got.push(...events.flatMap((event) => (event.type === "user.registered" ? [event.data.name] : [])))
      }
      const bus = world.openBus()
      world.consume(bus, { group: "g", topics: [], more_topics: () => more, max_batch: 10, handle })
      const seen: string[] = []
      const watch = async (events: readonly Envelope[]) => {
        seen.push(...events.map((event) => event.type))
      }
      world.consume(bus, { group: "other", topics: ["user.registered"], max_batch: 10, handle: watch })
      await publish(world, [registered("k", "before")])
      await until("the other group's", () => seen.length === 1)
      expect(got).toEqual([])
      const since = new Date()
      more = [{ topic: "user.registered", since }]
      await publish(world, [registered("k", "wanted")])
      await until("what is wanted", () => got.includes("wanted"), 30_000)
    },
  )

  inWorld("a batch is never larger than the consumer asked for", async (world) => {
    const sizes: number[] = []
    const handle = async (sql: Sql, events: readonly Envelope[]) => {
      sizes.push(events.length)
      await writeEffects(sql, events)
    }
    await publish(
      world,
      numbers(250).map((n) => registered(`k${n % 3}`, n)),
    )
    world.consume(world.openBus(), transactional(world, { max_batch: 40, handle }))
    await untilEffects(world, 250)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40)
  })

  inWorld("rows that hold only ids are given their bodies when they are read", async (world) => {
    const ids = numbers(3).map(() => Bun.randomUUIDv7())
    world.consume(world.openBus(), transactional(world))
    await world.producer.run((sql) =>
      sql.statement(
        `insert into "${sql.schema}".outbox (topic, ids) values ('user.registered', $1::text::uuid[])`,
        [list(ids)],
      ),
    )
    nudge(world.producer.schema)
    const effects = await untilEffects(world, 3)
    expect(effects.map(({ name }) => name)).toEqual(ids.map((id) => `of ${id}`))
  })
}

const failureTests = (inWorld: InWorld) => {
  inWorld(
    "a consumer whose session dies in a batch handles it again, with one effect each",
    async (world) => {
      let deaths = 0
      const handle = async (sql: Sql, events: readonly Envelope[]) => {
        await writeEffects(sql, events)
        deaths += 1
        if (deaths <= 3) await sql`select pg_terminate_backend(pg_backend_pid())`
      }
      await publish(
        world,
        numbers(50).map((n) => registered("k", n)),
      )
      world.consume(world.openBus(), transactional(world, { handle }))
      const effects = await untilEffects(world, 50)
      expect(effects.map(({ name }) => name)).toEqual(numbers(50).map(String))
      expect(deaths).toBeGreaterThan(3)
    },
  )

  inWorld(
    "what the data is not to blame for is tried again until it works, and nothing is parked",
    async (world) => {
      let tries = 0
      const handle = async (sql: Sql, events: readonly Envelope[]) => {
        tries += 1
        if (tries < 4) throw new Error("the neighbour is away")
        await writeEffects(sql, events)
      }
      world.consume(world.openBus(), transactional(world, { handle }))
      await publish(
        world,
        numbers(10).map((n) => registered("k", n)),
      )
      expect(await untilEffects(world, 10)).toHaveLength(10)
      expect(await world.parked()).toEqual([])
    },
  )

  inWorld("poison is parked with its reason while the rest goes on", async (world) => {
    const bus = world.openBus()
    world.consume(bus, transactional(world))
    await publish(world, [...numbers(20).map((n) => registered("k", n)), registered("k", "not a number")])
    await publishRaw(world, "user.registered", { id: Bun.randomUUIDv7(), key: "k", data: { name: 7 } })
    await publish(world, [registered("with\0nul", 7)])
    await publishRaw(world, "user.registered", { id: "no id", key: "k", data: registered("k", "x").data })
    await publish(
      world,
      numbers(20).map((n) => registered("k", n + 20)),
    )
    const effects = await untilEffects(world, 40)
    expect(effects.map(({ name }) => name)).toEqual(numbers(40).map(String))
    const parked = await until("four parked", async () => {
      const found = await world.parked()
      return found.length === 4 && found
    })
    expect(parked.map(({ consumer, topic }) => `${consumer} ${topic}`)).toEqual(
      numbers(4).map(() => "readers user.registered"),
    )
    const reasons = parked.map(({ reason }) => reason).join("\n")
    expect(reasons).toContain("invalid input syntax")
    expect(reasons).toContain("invalid byte sequence")
    expect(reasons).toContain("user_id")
    expect(reasons).toContain("not a UUID")
  })

  inWorld("an idempotent consumer gets a batch again that it failed, and misses nothing", async (world) => {
    const seen: string[] = []
    let failures = 0
    const handle = async (events: readonly Envelope[]) => {
      seen.push(...events.map(nameOf))
      failures += 1
      if (failures <= 2) throw new Error("the store is away")
    }
    world.consume(world.openBus(), { group: "g", topics: ["user.registered"], max_batch: 10, handle })
    await publish(
      world,
      numbers(35).map((n) => registered("k", n)),
    )
    await until("all", () => new Set(seen).size === 35)
    const firsts = [...new Set(seen)]
    expect(firsts).toEqual(numbers(35).map(String))
  })
}

const memberTests = (inWorld: InWorld) => {
  inWorld("two members of a group share the events, and one that leaves loses none", async (world) => {
    const loops = [world.openBus(), world.openBus()].map((bus) => world.consume(bus, transactional(world)))
    const total = 900
    for (const n of numbers(total / 3)) {
      await publish(
        world,
        numbers(3).map((m) => registered(`k${(n + m) % 20}`, n * 3 + m)),
      )
      if (n === 100) await loops[0]?.stop()
      if (n === 200) loops[0] = world.consume(world.openBus(), transactional(world))
    }
    const effects = await untilEffects(world, total)
    expect(new Set(effects.map(({ event_id }) => event_id)).size).toBe(total)
    expect(effects).toHaveLength(total)
    for (const names of Object.values(namesByKey(effects))) {
      expect(names).toEqual(names.toSorted((one, other) => Number(one) - Number(other)))
    }
  })

  inWorld("a group that was stopped goes on from where it was", async (world) => {
    const bus = world.openBus()
    const first = world.consume(bus, transactional(world))
    await publish(
      world,
      numbers(40).map((n) => registered("k", n)),
    )
    await untilEffects(world, 40)
    await first.stop()
    await first.stop()
    await publish(
      world,
      numbers(40).map((n) => registered("k", n + 40)),
    )
    world.consume(world.openBus(), transactional(world))
    const effects = await untilEffects(world, 80)
    expect(effects.map(({ name }) => name)).toEqual(numbers(80).map(String))
  })

  inWorld("stop waits for the batch in hand", async (world) => {
    const begun = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const handle = async (sql: Sql, events: readonly Envelope[]) => {
      begun.resolve()
      await go.promise
      await writeEffects(sql, events)
    }
    const loop = world.consume(world.openBus(), transactional(world, { handle }))
    await publish(world, [registered("k", 1)])
    await begun.promise
    const stopped = loop.stop()
    go.resolve()
    await stopped
    expect(await world.effects()).toHaveLength(1)
  })

  inWorld(
    "one that yields rests after a batch, stops in its rest at once, and loses nothing",
    async (world) => {
      const seen: string[] = []
      const handle = async (events: readonly Envelope[]) => {
        seen.push(...events.map(nameOf))
      }
      const resting = Promise.withResolvers<void>()
      let now_ms = 0
      // A process that is always busy, and a rest that nothing ends but the stop.
      const gauge: Gauge = {
        now_ms: () => {
          now_ms += 1
          return now_ms
        },
        today_ms: () => 0,
        used_ms: () => 10 * now_ms,
        quiet_share: 0.25,
        wait: async (_, signal) => {
          resting.resolve()
          if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve))
        },
      }
      const group = { group: "g", topics: ["user.registered"], max_batch: 1, handle } as const
      const yields = { share: 0.001, max_late_ms: 3_600_000, gauge }
      const loop = world.consume(world.openBus(), { ...group, yields })
      for (const n of numbers(9)) await publish(world, [registered("k", n)])
      await resting.promise
      expect(seen).toEqual(["0"])
      await loop.stop()
      world.consume(world.openBus(), group)
      await until("all", () => new Set(seen).size === 9, 30_000)
      expect([...new Set(seen)]).toEqual(numbers(9).map(String))
    },
  )

  inWorld("while a consumer is slow, no more than a batch of each partition waits in it", async (world) => {
    const go = Promise.withResolvers<void>()
    let inside = 0
    let most = 0
    const handle = async (events: readonly Envelope[]) => {
      inside += events.length
      most = Math.max(most, inside)
      await go.promise
      inside -= events.length
      seen += events.length
    }
    let seen = 0
    world.consume(world.openBus(), { group: "g", topics: ["user.registered"], max_batch: 20, handle })
    for (const n of numbers(40)) {
      await publish(
        world,
        numbers(50).map((m) => registered(`k${m}`, n * 50 + m)),
      )
    }
    await until("the first batch", () => inside > 0)
    expect(most).toBeLessThanOrEqual(20 * max_partitions)
    go.resolve()
    await until("all", () => seen === 2_000)
    expect(most).toBeLessThanOrEqual(20 * max_partitions)
  })
}

const outboxTests = (inWorld: InWorld) => {
  const held_ms = long ? 60_000 : 0
  inWorld(
    "transactions that commit out of order, and one that is held open, lose and delay nothing else",
    async (world) => {
      world.consume(world.openBus(), transactional(world, { max_batch: 500 }))
      const isOpen = Promise.withResolvers<void>()
      const go = Promise.withResolvers<void>()
      const holding = world.producer.tx(
        async (sql) => {
          await emit(sql, [registered("held", "early")])
          isOpen.resolve()
          await go.promise
          await emit(sql, [registered("held", "late")])
        },
        { tx_ms: 120_000 },
      )
      await isOpen.promise
      const begun = performance.now()
      let published = 0
      while (published < 3_000 || performance.now() - begun < held_ms) {
        await Promise.all(numbers(6).map((n) => outOfOrder(world, `k${n}`, published + n)))
        published += 12
      }
      await untilEffects(world, published, 60_000)
      expect(namesByKey(await world.effects()).held).toBeUndefined()
      go.resolve()
      await holding
      const effects = await untilEffects(world, published + 2)
      expect(new Set(effects.map(({ event_id }) => event_id)).size).toBe(published + 2)
      expect(effects).toHaveLength(published + 2)
      expect(namesByKey(effects).held).toEqual(["early", "late"])
    },
    240_000,
  )
}

/** What every bus does, whatever carries it, and what more one of them has to show. */
export const busSuite = (prepare: () => Promise<Adapter>, more?: (inWorld: InWorld) => void) => {
  let adapter: Adapter
  let pool: Pool
  let url: string
  let drop: () => Promise<void>

  beforeAll(async () => {
    adapter = await prepare()
    const fresh = await freshDatabase()
    drop = fresh.drop
    url = fresh.url
    pool = openPool({ url: fresh.url, application_name: "bus", log: silentLog, max_sessions: 12 })
  }, 900_000)

  afterAll(async () => {
    await pool.close()
    await drop()
  })

  const inWorld: InWorld = (sentence, work, max_ms = 60_000) =>
    test(
      sentence,
      async () => {
        const world = await openWorld(pool, url, adapter)
        try {
          await work(world)
        } finally {
          await world.close()
        }
      },
      max_ms,
    )

  describe("delivery", () => deliveryTests(inWorld))
  describe("failure", () => failureTests(inWorld))
  describe("members and life", () => memberTests(inWorld))
  describe("the outbox", () => outboxTests(inWorld))
  more?.(inWorld)
}

/** The most partitions that an adapter under test has. */
export const max_partitions = 3

/** Two transactions: the one that wrote first commits last. */
const outOfOrder = async (world: World, key: string, n: number) => {
  const wrote = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const first = world.producer.tx(async (sql) => {
    await emit(sql, [registered(`${key}a`, n)])
    wrote.resolve()
    await go.promise
  })
  await wrote.promise
  await world.producer.tx((sql) => emit(sql, [registered(`${key}b`, n)]))
  go.resolve()
  await first
}
