import { afterAll, describe, expect } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Kafka, KafkaJSError, logLevel, type Message } from "kafkajs"
import type { Running } from "#deploy/engines/engine.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import {
  busSuite,
  type InWorld,
  max_partitions,
  numbers,
  publish,
  registered,
  transactional,
  untilEffects,
  type World,
} from "./bus.suite.ts"
import { kafkaBus } from "./kafka.ts"
import { placeOf } from "./kafka-place.ts"

let running: Running | undefined
let folder = ""
let broker = ""

const startKafka = async (ports: readonly number[] = []) => {
  const started = await kafka.start({ cache: testCache, folder, ports })
  running = started
  broker = started.address.broker
}

const settingsFor = (world_id: string) => ({
  brokers: [broker],
  client_id: "test",
  prefix: `${world_id}.`,
  partitions: max_partitions,
  session_ms: 3_000,
  lease_ms: 2_000,
})

const client = () => new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })

const sendRaw = async (topic: string, message: Message) => {
  const producer = client().producer({ createPartitioner: () => () => 0 })
  await producer.connect()
  await producer.send({ topic, messages: [message] })
  await producer.disconnect()
}

/** The values in a topic, once there are as many as expected. */
const readRaw = async (topic: string, count: number): Promise<readonly unknown[]> => {
  const found: unknown[] = []
  const consumer = client().consumer({ groupId: `raw-${topic}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.push(JSON.parse(String(message.value)))
    },
  })
  await until(`${count} messages in ${topic}`, () => found.length >= count)
  await consumer.disconnect()
  return found
}

/** Undefined while nobody leads the topic, as when it was made just now. */
const offsetsOf = async (topic: string): Promise<number | undefined> => {
  const admin = client().admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    return offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
  } catch (error) {
    if (error instanceof KafkaJSError && error.retriable) return undefined
    throw error
  } finally {
    await admin.disconnect()
  }
}

/** A member of the group in a process of its own, which says when it holds a batch and never lets go of it. */
const startStuckMember = (world: World) => {
  const here = (file: string) => JSON.stringify(join(import.meta.dir, file))
  const script = `
    import { openDatabase } from ${here("../database/open.ts")}
    import { silentLog } from ${here("../telemetry/log.ts")}
    import { kafkaBus } from ${here("kafka.ts")}
    const log = silentLog
    const database = openDatabase({ url: ${JSON.stringify(world.url)}, schema: ${JSON.stringify(world.consumer.schema)},
      application_name: "member", log })
    const bus = kafkaBus({ ...${JSON.stringify(settingsFor(world.id))}, log })
    const handle = async (sql, events) => {
      await sql.statement('insert into ' + sql.schema + '.effect (name) values ($1)', ["never"])
      process.stdout.write("holding " + events.length + "\\n")
      await new Promise(() => {})
    }
    bus.consume({ group: "readers", topics: ["user.registered"], max_batch: 100, database, handle }).start()`
  return Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" })
}

const kafkaTests = (inWorld: InWorld) => {
  describe("over Kafka", () => {
    inWorld("what the relay publishes twice is handled once", async (world) => {
      const bus = world.openBus()
      world.consume(bus, transactional(world))
      await publish(
        world,
        numbers(30).map((n) => registered("k", n)),
      )
      await untilEffects(world, 30)
      await world.producer.run((sql) =>
        sql.script(`update ${sql.schema}.reader set seen = '1:1:', version = version + 1`),
      )
      await publish(world, [registered("k", 30)])
      await until("all of it twice", async () => ((await offsetsOf(`${world.id}.user.registered`)) ?? 0) > 61)
      await publish(world, [registered("k", "last")])
      const effects = await until("the last", async () => {
        const found = await world.effects()
        return found.at(-1)?.name === "last" && found
      })
      expect(effects.map(({ name }) => name)).toEqual([...numbers(31).map(String), "last"])
    })

    inWorld("of two relays one publishes, and the other goes on when that one stops", async (world) => {
      const one = world.openBus()
      const other = world.openBus()
      world.consume(other, transactional(world))
      await publish(
        world,
        numbers(50).map((n) => registered("k", n)),
      )
      await untilEffects(world, 50)
      expect(await offsetsOf(`${world.id}.user.registered`)).toBe(50)
      await one.close()
      await publish(
        world,
        numbers(50).map((n) => registered("k", n + 50)),
      )
      const effects = await untilEffects(world, 100)
      expect(effects.map(({ name }) => name)).toEqual(numbers(100).map(String))
    })

    inWorld("what a killed process had in hand is handled by another member", async (world) => {
      const bus = world.openBus()
      await publish(
        world,
        numbers(20).map((n) => registered("k", n)),
      )
      const stuck = startStuckMember(world)
      const { value } = await stuck.stdout.getReader().read()
      expect(new TextDecoder().decode(value)).toStartWith("holding ")
      stuck.kill("SIGKILL")
      await stuck.exited
      world.consume(bus, transactional(world))
      const effects = await untilEffects(world, 20)
      expect(effects.map(({ name }) => name)).toEqual(numbers(20).map(String))
    })

    inWorld("what came of several partitions is handled together", async (world) => {
      const bus = world.openBus()
      const keys = numbers(60).map((n) => registered(`k${n}`, n))
      await publish(world, keys)
      await until("all of it", async () => (await offsetsOf(`${world.id}.user.registered`)) === keys.length)
      const batches: number[] = []
      const handle = async (events: readonly Envelope[]) => void batches.push(events.length)
      world.consume(bus, { group: "many", topics: ["user.registered"], max_batch: 100, handle })
      await until("all are handled", () => batches.reduce((sum, size) => sum + size, 0) === keys.length)
      expect(batches.length).toBeLessThan(max_partitions)
    })

    inWorld("what fails holds up nothing but its own partition", async (world) => {
      const bus = world.openBus()
      const seen = new Set<string>()
      const handle = async (events: readonly Envelope[]) => {
        const keys = events.map(({ key }) => key)
        if (keys.includes("bad")) throw new Error("this one never works")
        for (const key of keys) seen.add(key)
      }
      const others = ["a", "b", "c", "d", "e", "f", "g", "h"]
      await publish(world, [registered("bad", 0), ...others.map((key) => registered(key, 1))])
      await until("all of it", async () => (await offsetsOf(`${world.id}.user.registered`)) === 9)
      world.consume(bus, { group: "some", topics: ["user.registered"], max_batch: 100, handle })
      const wanted = others.filter((key) => placeOf(key, max_partitions) !== placeOf("bad", max_partitions))
      expect(wanted.length).toBeGreaterThan(0)
      await until("all others are handled", () => wanted.every((key) => seen.has(key)))
      expect(seen.has("bad")).toBe(false)
    })

    inWorld("what a topic kept from long before it was wanted is passed over", async (world) => {
      const bus = world.openBus()
      await publish(
        world,
        numbers(500).map((n) => registered("k", n)),
      )
      await until("all of it", async () => (await offsetsOf(`${world.id}.user.registered`)) === 500)
      const got: string[] = []
      const handle = async (events: readonly Envelope[]) => {
        // As slow as very many events would be: it isn't through before it knows that it needn't be.
        await world.consumer.run((sql) => sql`select pg_sleep(0.1)`)
        got.push(...events.flatMap((event) => (event.type === "user.registered" ? [event.data.name] : [])))
      }
      // As if all of it were from more than a minute before.
      const since = new Date(Date.now() + 120_000)
      const more_topics = () => [{ topic: "user.registered" as const, since }]
      world.consume(bus, { group: "late", topics: ["task.scheduled"], more_topics, max_batch: 10, handle })
      const beat = async () => {
        await publish(world, [registered("k", "new")])
        return got.includes("new")
      }
      await until("the new one", beat, 30_000)
      expect(got.length).toBeLessThan(500)
    })

    inWorld("garbage and forged types in a topic are parked, and told of in its .dlq", async (world) => {
      const bus = world.openBus()
      world.consume(bus, transactional(world))
      const handle = async () => undefined
      world.consume(bus, { group: "idle", topics: ["user.registered"], max_batch: 10, handle })
      await publish(world, [registered("k", 1)])
      await untilEffects(world, 1)
      const topic = `${world.id}.user.registered`
      await sendRaw(topic, { value: Buffer.from([0xff, 0x00, 0x7b]) })
      const headers = { ce_id: Bun.randomUUIDv7(), ce_type: "task.completed" }
      await sendRaw(topic, { key: "k", value: "{}", headers })
      await publish(world, [registered("k", 2)])
      await untilEffects(world, 2)
      // One of each group for each of the two messages.
      const told = await readRaw(`${topic}.dlq`, 4)
      expect(told).toContainEqual(
        expect.objectContaining({ consumer: "idle", reason: 'The event\'s type is "task.completed"' }),
      )
      expect(await world.parked()).toHaveLength(2)
    })

    inWorld("who has nothing to read or to send wakes only to ask again", async (world) => {
      const bus = world.openBus()
      world.consume(bus, transactional(world))
      await publish(world, [registered("k", 1)])
      await untilEffects(world, 1)
      const { setTimeout: real } = globalThis
      const short: number[] = []
      const noting = (...[work, ms = 0, ...more]: Parameters<typeof real>) => {
        if (ms < 1) short.push(ms)
        return real(work, ms, ...more)
      }
      globalThis.setTimeout = Object.assign(noting, real)
      try {
        await world.consumer.run((sql) => sql`select pg_sleep(1)`)
      } finally {
        globalThis.setTimeout = real
      }
      expect(short.length).toBeLessThan(50)
    })

    inWorld("an event that is too large for the brokers is parked, and the rest goes on", async (world) => {
      world.consume(world.openBus(), transactional(world))
      await publish(world, [registered("k", "x".repeat(1_000_000)), registered("k", "small")])
      const effects = await untilEffects(world, 1)
      expect(effects[0]?.name).toBe("small")
      const parked = await until("one parked", async () => {
        const rows = await world.producer.run((sql) =>
          sql.statement(`select consumer, reason from ${sql.schema}.parked`, []),
        )
        return rows.length > 0 && rows
      })
      expect(parked).toEqual([{ consumer: "relay", reason: "The event is larger than 900000 bytes" }])
    })

    inWorld(
      "when the broker is killed and comes back, everything arrives once and in order",
      async (world) => {
        const bus = world.openBus()
        world.consume(bus, transactional(world))
        await publish(
          world,
          numbers(50).map((n) => registered("k", n)),
        )
        await untilEffects(world, 50)
        const ports = running?.ports
        await running?.kill()
        expect(bus.check()).rejects.toThrow()
        await publish(
          world,
          numbers(50).map((n) => registered("k", n + 50)),
        )
        await startKafka(ports)
        await publish(
          world,
          numbers(50).map((n) => registered("k", n + 100)),
        )
        const effects = await untilEffects(world, 150, 60_000)
        expect(effects.map(({ name }) => name)).toEqual(numbers(150).map(String))
        await bus.check()
      },
      180_000,
    )
  })
}

describe.skipIf(!isUsable(kafka))("over Kafka", () => {
  afterAll(async () => {
    await running?.kill()
    await rm(folder, { recursive: true, force: true })
  })
  const prepare = async () => {
    folder = await mkdtemp(join(tmpdir(), "wf-bus-"))
    await kafka.install(testCache)
    await startKafka()
    return { openBus: (world_id: string) => kafkaBus({ ...settingsFor(world_id), log: silentLog }) }
  }
  busSuite(prepare, kafkaTests)
})
