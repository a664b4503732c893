import type { Sql } from "#kernel/database/database.ts"
import { cleanOutbox } from "#kernel/outbox/clean.ts"
import { type ReadingRight, readingRight } from "#kernel/outbox/lease.ts"
import { leaveBehind } from "#kernel/outbox/leave.ts"
import { onNudge } from "#kernel/outbox/nudge.ts"
import { park } from "#kernel/outbox/park.ts"
import { type Entry, openReader, type Reader, type Source } from "#kernel/outbox/read.ts"
import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Bus, Consumer } from "./bus.ts"
import { deliver, type Item, inSlices, received, sorted } from "./deliver.ts"
import { createGathering } from "./gather.ts"
import { topicsOf } from "./topics.ts"
import { createRests, processGauge } from "./yield.ts"

type EmbeddedBusOptions = {
  readonly log: Log
  /** How often a group looks without having been told of anything. */
  readonly poll_ms?: number
  /** How long the members of an idempotent group wait for one that was cut off. */
  readonly lease_ms?: number
  /** The only process on its data, which a lock keeps so: then it doesn't wait for a dead one's leases. */
  readonly is_alone?: boolean
}

type Settings = Required<EmbeddedBusOptions> & { readonly sources: ReadonlyMap<string, Source> }

type Group = { readonly loop: Loop; nudged(schema: string, topics: readonly string[] | undefined): void }

/**
 * The outboxes are the log: every group reads all of them by itself, and is advanced in its handler's own
 * transaction, so that a transactional consumer handles each event exactly once without an inbox.
 */
export const embeddedBus = (options: EmbeddedBusOptions): Bus => {
  const sources = new Map<string, Source>()
  const groups = new Set<Group>()
  const ends: (() => void)[] = []
  const settings: Settings = {
    ...{ poll_ms: 2_000, lease_ms: 10_000, is_alone: false },
    ...options,
    sources,
  }

  return {
    consume(consumer) {
      const group = readingGroup(settings, consumer)
      groups.add(group)
      return group.loop
    },
    relay(database, derive) {
      const { schema } = database
      sources.set(schema, { database, derive })
      const nudged = (topics: readonly string[] | undefined) => {
        for (const group of groups) group.nudged(schema, topics)
      }
      ends.push(onNudge(schema, nudged))
      const round = () => database.run(cleanOutbox)
      return loop({ name: `relay.${schema}`, round, idle_ms: 10_000, log: options.log })
    },
    async check() {
      for (const { database } of sources.values()) await database.run((sql) => sql`select 1`)
    },
    async close() {
      for (const end of ends.splice(0)) end()
      await Promise.all([...groups].map((group) => group.loop.stop()))
    },
  }
}

type Desk = {
  readonly source: Source
  readonly reader: Reader
  /** Where the handler isn't in the transaction that brings the reader forward. */
  readonly right: ReadingRight | undefined
}

type Desks = {
  /** Whether there may be more. */
  readFrom(schema: string, signal: AbortSignal): Promise<boolean>
  leave(): Promise<void>
}

/** Where one group reads: a reader for each outbox. */
const readingDesks = ({ log, sources, ...terms }: Settings, consumer: Consumer): Desks => {
  const desks = new Map<string, Desk>()
  const rests = consumer.yields && createRests({ gauge: processGauge, ...consumer.yields })

  const deskFor = (schema: string, source: Source): Desk => {
    const { group: name, max_batch: max_events } = consumer
    const known = desks.get(schema)
    if (known) return known
    const reader = openReader({ source, name, topics: () => topicsOf(consumer), max_events })
    const right = "database" in consumer ? undefined : readingRight(source.database, name, terms)
    const desk = { source, reader, right }
    desks.set(schema, desk)
    return desk
  }

  return {
    async readFrom(schema, signal) {
      const source = sources.get(schema)
      if (source === undefined) return false
      const desk = deskFor(schema, source)
      const from_ms = rests?.now_ms() ?? 0
      const entries = await desk.reader.read()
      if (entries.length === 0) return false
      const right = (await desk.right?.hold()) ?? "held"
      if (right === "others") return false
      if (right === "taken") {
        desk.reader.forget()
        return true
      }
      const items = entries.map(itemOf)
      await deliver(items, (some) => attempt(consumer, desk, some))
      await rests?.after({ from_ms, oldest: items[0]?.raw }, signal)
      // What is committed after the reader's snapshot says so by itself.
      return entries.at(-1)?.closes !== "batch"
    },
    async leave() {
      for (const { reader, right } of desks.values()) {
        await Promise.all([reader.keep(), right?.giveBack()]).catch((error: unknown) => {
          log.warn({ event: "bus.leave_failed", group: consumer.group, error })
        })
      }
      desks.clear()
    },
  }
}

const itemOf = (place: Entry): Item<Entry> =>
  place.made
    ? { raw: place.event, place, envelope: place.made, reason: undefined }
    : received(place.event, place)

const readingGroup = (settings: Settings, consumer: Consumer): Group => {
  const { log, sources, poll_ms } = settings
  const { readFrom, leave } = readingDesks(settings, consumer)
  const waiting = new Set<string>()
  const news = new Set<string>()
  let failing = false

  const round = async (signal: AbortSignal): Promise<boolean> => {
    gathering.begun()
    const told = [...new Set([...waiting, ...news])]
    const turn = told.length > 0 ? told : [...sources.keys()]
    waiting.clear()
    news.clear()
    const failures: unknown[] = []
    for (const schema of turn) {
      if (signal.aborted) return false
      try {
        if (await readFrom(schema, signal)) waiting.add(schema)
      } catch (error) {
        waiting.add(schema)
        failures.push(error)
      }
    }
    failing = failures.length > 0
    if (failing) throw failures[0]
    return waiting.size > 0
  }

  const inner = loop({ name: `consume.${consumer.group}`, round, idle_ms: poll_ms, min_backoff_ms: 50, log })

  const gathering = createGathering(inner.wake, consumer.linger_ms)

  return {
    loop: {
      ...inner,
      async stop() {
        gathering.stop()
        await inner.stop()
        await leave()
      },
    },
    nudged(schema, topics) {
      if (topics && !isOfInterest(consumer, topics)) return
      news.add(schema)
      // While the handler fails, the pause between its tries is kept however much arrives.
      if (!failing) gathering.wakeSoon()
    },
  }
}

const isOfInterest = (consumer: Consumer, topics: readonly string[]): boolean => {
  const wanted: readonly string[] = topicsOf(consumer)
  return topics.some((topic) => wanted.includes(topic))
}

/** Handles the events and leaves them behind: both or neither, where the handler is in the transaction. */
const attempt = async (
  consumer: Consumer,
  { source, reader }: Desk,
  items: readonly Item<Entry>[],
): Promise<void> => {
  const last = items.at(-1)
  if (last === undefined) return
  const { good, parked } = sorted(items)
  if ("database" in consumer) {
    await consumer.database.tx(async (sql) => {
      if (!(await reader.advance(sql, last.place))) return
      await inSlices(good, consumer.max_batch, (slice) => consumer.handle(sql, slice))
      await park(sql, consumer.group, parked)
    })
    return
  }
  await inSlices(good, consumer.max_batch, consumer.handle)
  const beside = parked.length === 0 ? undefined : (sql: Sql) => park(sql, consumer.group, parked)
  await leaveBehind({ database: source.database, reader, last: last.place, beside })
}
