import type { EachBatchPayload, Consumer as KafkaConsumer } from "kafkajs"
import type { EventName } from "#kernel/events/envelope.ts"
import { takeNew } from "#kernel/outbox/inbox.ts"
import { park, parkedBody, parkingTopic } from "#kernel/outbox/park.ts"
import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Consumer, IdempotentConsumer, TransactionalConsumer } from "./bus.ts"
import { inSlices, received, sorted } from "./deliver.ts"
import type { Client } from "./kafka-client.ts"
import { fromMessage, toMessage } from "./kafka-message.ts"
import type { Sender } from "./kafka-producer.ts"
import { skipOld } from "./kafka-skip.ts"
import { handledTogether, type Items } from "./kafka-together.ts"
import { topicsOf } from "./topics.ts"
import { createRests, machineGauge } from "./yield.ts"

type KafkaConsumerOptions = {
  readonly consumer: Consumer
  readonly client: Client
  readonly sender: Sender
  readonly log: Log
  readonly session_ms: number
}

/** How often it is looked whether other topics are wanted than those that it joined with. */
const look_ms = 500

/** Joins the group once there is something to read, and joins it anew when the client gives up, or other topics are wanted. */
export const kafkaConsumer = (options: KafkaConsumerOptions): Loop => {
  const { consumer, client, log } = options

  const round = async (signal: AbortSignal): Promise<boolean> => {
    const topics = topicsOf(consumer)
    // Who wants nothing is no member: the group's others would wait for it at every change.
    if (topics.length === 0) return false
    await client.ensureTopics(topics)
    const member = newMember(options)
    const over = Promise.withResolvers<void>()
    const leave = () => over.resolve()
    signal.addEventListener("abort", leave)
    const leaveForOthers = () => {
      if (String(topicsOf(consumer)) !== String(topics)) leave()
    }
    const watch = setInterval(leaveForOthers, look_ms)
    member.on(member.events.CRASH, ({ payload }) => over.reject(payload.error))
    over.promise.catch(() => undefined)
    skipOld({ client, member, consumer, failed: over.reject })
    try {
      await member.connect()
      await member.subscribe({ topics: topics.map(client.named), fromBeginning: true })
      await member.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: max_partitions,
        eachBatch: eachBatch(options, topics, signal),
      })
      if (signal.aborted) leave()
      await over.promise
      // With other topics it joins again at once.
      return true
    } finally {
      clearInterval(watch)
      signal.removeEventListener("abort", leave)
      // Waits for the batches in hand, and tells the group that we leave.
      await member.disconnect()
    }
  }
  return loop({ name: `consume.${consumer.group}`, round, idle_ms: 100, log })
}

const newMember = ({ consumer, client, session_ms }: KafkaConsumerOptions): KafkaConsumer =>
  client.kafka.consumer({
    groupId: client.named(consumer.group),
    sessionTimeout: session_ms,
    rebalanceTimeout: Math.max(session_ms, 30_000),
    heartbeatInterval: Math.min(1_000, session_ms / 3),
    maxWaitTimeInMs: 300,
    maxBytesPerPartition: 1_048_576,
    maxBytes: 8 * 1_048_576,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 3_000, restartOnFailure: async () => false },
  })

const max_pause_ms = 5_000
/** What came of so many at once is handled together; the client goes through as many workers at each look. */
const max_partitions = 60

/** A partition whose handler fails is paused, longer each time, while the others go on. */
const eachBatch = (options: KafkaConsumerOptions, topics: readonly EventName[], signal: AbortSignal) => {
  const { consumer, client, log } = options
  const failures = new Map<string, number>()
  const topicOf = new Map(topics.map((topic) => [client.named(topic), topic]))
  const attempt = "database" in consumer ? inTransaction(consumer) : repeatedly(consumer, options.sender)

  const together = handledTogether({
    attempt,
    max_batch: consumer.max_batch,
    rests: consumer.yields && createRests({ gauge: machineGauge, ...consumer.yields }),
    signal,
  })

  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload
    const topic = topicOf.get(batch.topic) ?? batch.topic
    await inSlices(batch.messages, consumer.max_batch, async (messages) => {
      const items = messages.map((message) => {
        const { event, failure } = fromMessage(topic, message)
        return received(event, message.offset, failure)
      })
      await together({ items, payload })
    })
  }

  return async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition } = payload.batch
    const place = `${topic}/${partition}`
    const alive = setInterval(() => {
      payload.heartbeat().catch(() => undefined)
    }, options.session_ms / 3)
    try {
      await handle(payload)
      failures.delete(place)
    } catch (error) {
      if (isClients(error)) throw error
      const count = (failures.get(place) ?? 0) + 1
      failures.set(place, count)
      log.warn({
        event: "bus.handler_failed",
        group: consumer.group,
        topic,
        partition,
        failures: count,
        error,
      })
      setTimeout(payload.pause(), Math.min(50 * 2 ** Math.min(count, 10), max_pause_ms))
    } finally {
      clearInterval(alive)
    }
  }
}

/** What the client itself has to deal with, such as a rebalance. */
const isClients = (error: unknown): boolean => error instanceof Error && error.name.startsWith("KafkaJS")

const inTransaction = (consumer: TransactionalConsumer) => async (items: Items) => {
  await consumer.database.tx(async (sql) => {
    const ids = items.flatMap(({ envelope }) => (envelope ? [envelope.id.toLowerCase()] : []))
    const fresh = new Set(await takeNew(sql, consumer.group, ids))
    // Deleting what is taken leaves out what stands in the batch twice.
    const left = items.filter(({ envelope }) => !envelope || fresh.delete(envelope.id.toLowerCase()))
    const { good, parked } = sorted(left)
    await inSlices(good, consumer.max_batch, (slice) => consumer.handle(sql, slice))
    await park(sql, consumer.group, parked)
  })
}

const repeatedly = (consumer: IdempotentConsumer, sender: Sender) => async (items: Items) => {
  const { good, parked } = sorted(items)
  await inSlices(good, consumer.max_batch, consumer.handle)
  if (parked.length === 0) return
  const outgoing = parked.map((one) => {
    const { id, key, data } = parkedBody(consumer.group, one)
    const topic = parkingTopic(one.event.type)
    return { topic, message: toMessage({ ...one.event, id, key, data, type: topic }) }
  })
  await sender.send(outgoing)
}
