import { type Admin, Kafka, logLevel } from "kafkajs"
import { parkingTopic } from "#kernel/outbox/park.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { lightRecords } from "./kafka-produce.ts"
import { quietTimers } from "./kafka-timers.ts"

export type KafkaBusOptions = {
  readonly brokers: readonly string[]
  readonly client_id: string
  readonly log: Log
  /** Put before the names of topics and groups, for clusters that are shared. */
  readonly prefix?: string
  /** Of the topics that this creates; those that exist stay as they are. */
  readonly partitions?: number
  /** The broker's default, unless given. */
  readonly replication_factor?: number
  /** How often the outbox is looked at without having been told of anything. */
  readonly poll_ms?: number
  /** How long another instance waits before it carries on for one that was cut off. */
  readonly lease_ms?: number
  /** How long the members of a group wait for one that was cut off. */
  readonly session_ms?: number
}

/** What the parts of one bus share. */
export type Client = {
  readonly kafka: Kafka
  /** The topic's name in the cluster. */
  readonly named: (topic: string) => string
  /** Creates those that are missing, and each with its topic for what is put aside. */
  readonly ensureTopics: (topics: readonly string[]) => Promise<void>
  readonly administer: <Result>(work: (admin: Admin) => Promise<Result>) => Promise<Result>
  /** Throws when no broker answers. */
  readonly check: () => Promise<void>
}

// The client calls every rebalance and reconnection an error; what fails for good reaches us as an exception.
const quiet =
  (log: Log) => () => (entry: { level: logLevel; namespace: string; log: { message: string } }) => {
    const { message, timestamp: _, logger: __, ...more } = entry.log as Record<string, unknown>
    const fact = { ...more, event: "kafka.client", namespace: entry.namespace, message }
    if (entry.level === logLevel.ERROR) log.info(fact)
    else log.debug(fact)
  }

type Layout = { readonly partitions: number; readonly replication_factor: number }

const withAdmin = async <Result>(kafka: Kafka, work: (admin: Admin) => Promise<Result>): Promise<Result> => {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

const createTopics = (kafka: Kafka, names: readonly string[], layout: Layout) =>
  withAdmin(kafka, async (admin) => {
    const there = new Set(await admin.listTopics())
    const missing = names.filter((name) => !there.has(name))
    if (missing.length === 0) return
    const topics = missing.map((topic) => ({
      topic,
      numPartitions: layout.partitions,
      replicationFactor: layout.replication_factor,
    }))
    try {
      await admin.createTopics({ topics, waitForLeaders: true })
    } catch (error) {
      // Another process may have created some of them in the meantime.
      const now = new Set(await admin.listTopics())
      if (missing.some((name) => !now.has(name))) throw error
    }
  })

export const openClient = (options: KafkaBusOptions): Client => {
  quietTimers()
  lightRecords()
  const { brokers, client_id, log, prefix = "", partitions = 6, replication_factor = -1 } = options
  const kafka = new Kafka({
    clientId: client_id,
    brokers: [...brokers],
    logLevel: logLevel.WARN,
    logCreator: quiet(log),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 3_000 },
  })
  const known = new Set<string>()
  const named = (topic: string) => `${prefix}${topic}`

  return {
    kafka,
    named,
    async ensureTopics(topics) {
      const wanted = topics.flatMap((topic) =>
        topic.endsWith(parkingTopic("")) ? [topic] : [topic, parkingTopic(topic)],
      )
      const names = [...new Set(wanted.map(named))].filter((name) => !known.has(name))
      if (names.length === 0) return
      await createTopics(kafka, names, { partitions, replication_factor })
      for (const name of names) known.add(name)
    },
    administer: (work) => withAdmin(kafka, work),
    check: () =>
      withAdmin(kafka, async (admin) => {
        const { brokers: found } = await admin.describeCluster()
        if (found.length === 0) throw new Error("Kafka has no broker")
      }),
  }
}
