import type { Loop } from "#kernel/service/loop.ts"
import type { Bus } from "./bus.ts"
import { type KafkaBusOptions, openClient } from "./kafka-client.ts"
import { kafkaConsumer } from "./kafka-consumer.ts"
import { openSender } from "./kafka-producer.ts"
import { kafkaRelay } from "./kafka-relay.ts"

/** Kafka carries what the outboxes hold; consumers know by their inbox what came twice. */
export const kafkaBus = (options: KafkaBusOptions): Bus => {
  const { log, poll_ms = 20, lease_ms = 6_000, session_ms = 10_000 } = options
  const client = openClient(options)
  const sender = openSender(client)
  const loops: Loop[] = []
  const kept = (loop: Loop): Loop => {
    loops.push(loop)
    return loop
  }
  return {
    consume: (consumer) => kept(kafkaConsumer({ consumer, client, sender, log, session_ms })),
    relay: (database, derive) =>
      // Each relay has its own: a failure in one must not break off another's batch.
      kept(kafkaRelay({ source: { database, derive }, sender: openSender(client), log, poll_ms, lease_ms })),
    check: client.check,
    async close() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await sender.close()
    },
  }
}
