import type { Admin, Consumer as KafkaConsumer } from "kafkajs"
import type { Consumer, WantedTopic } from "./bus.ts"
import type { Client } from "./kafka-client.ts"

/** Brokers write down when they were given an event, and their clocks are their own. */
const slack_ms = 60_000

type Skipping = {
  readonly client: Client
  readonly member: KafkaConsumer
  readonly consumer: Consumer
  readonly failed: (error: unknown) => void
}

/**
 * Goes past what was published long before a topic was wanted: topics keep a week, and nothing of it is of use. It
 * goes by the time each time that the group is joined, so that nothing is lost where no offset was committed yet.
 */
export const skipOld = ({ client, member, consumer, failed }: Skipping): void => {
  if (!consumer.more_topics) return
  const { more_topics, group, topics } = consumer
  member.on(member.events.GROUP_JOIN, ({ payload }) => {
    const wanted = more_topics().filter(({ topic }) => !topics.includes(topic))
    if (wanted.length === 0) return
    const assigned = new Map(Object.entries(payload.memberAssignment))
    const skip = async (admin: Admin) => {
      for (const one of wanted) {
        const partitions = assigned.get(client.named(one.topic)) ?? []
        for (const place of await laterPlaces(admin, { client, group, ...one })) {
          if (partitions.includes(place.partition)) member.seek(place)
        }
      }
    }
    client.administer(skip).catch(failed)
  })
}

type Looking = WantedTopic & { readonly client: Client; readonly group: string }

/** Where each partition was at that time, if the group isn't further by now. */
const laterPlaces = async (admin: Admin, { client, group, topic: bare, since }: Looking) => {
  const topic = client.named(bare)
  const [begun, known] = await Promise.all([
    admin.fetchTopicOffsetsByTimestamp(topic, since.getTime() - slack_ms),
    admin.fetchOffsets({ groupId: client.named(group), topics: [topic] }),
  ])
  const committed = new Map(known[0]?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  return begun
    .filter(({ partition, offset }) => BigInt(offset) > (committed.get(partition) ?? -1n))
    .map(({ partition, offset }) => ({ topic, partition, offset }))
}
