import type { ICustomPartitioner, Message, Producer } from "kafkajs"
import type { Client } from "./kafka-client.ts"
import { placeOf } from "./kafka-place.ts"

export type Outgoing = { readonly topic: string; readonly message: Message & { readonly value: string } }

/** A broker refuses batches of more than 1 MiB, of which headers and keys take their part. */
const max_batch_bytes = 500_000
export const max_message_bytes = 900_000

export type Sender = {
  /** Resolves when all in-sync replicas have them, in this order. */
  send(outgoing: readonly Outgoing[]): Promise<void>
  close(): Promise<void>
}

const place: ReturnType<ICustomPartitioner> = ({ message, partitionMetadata }) =>
  placeOf(String(message.key), partitionMetadata.length)

const inBatches = (outgoing: readonly Outgoing[]): readonly (readonly Outgoing[])[] => {
  const batches: Outgoing[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of outgoing) {
    const size = Buffer.byteLength(one.message.value)
    if (bytes + size > max_batch_bytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(one)
    bytes += size
  }
  return batches
}

/** Connects when there is something to send, and anew after every failure. */
export const openSender = (client: Client): Sender => {
  let connected: Promise<Producer> | undefined

  const connect = async (): Promise<Producer> => {
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: () => place,
      metadataMaxAge: 60_000,
    })
    await producer.connect()
    return producer
  }

  const close = async () => {
    const closing = connected
    connected = undefined
    await closing?.then((producer) => producer.disconnect()).catch(() => undefined)
  }

  const sendBatch = async (producer: Producer, batch: readonly Outgoing[]) => {
    const byTopic = Map.groupBy(batch, ({ topic }) => topic)
    const topicMessages = [...byTopic].map(([topic, some]) => ({
      topic: client.named(topic),
      messages: some.map(({ message }) => message),
    }))
    await producer.sendBatch({ acks: -1, topicMessages })
  }

  return {
    async send(outgoing) {
      await client.ensureTopics([...new Set(outgoing.map(({ topic }) => topic))])
      try {
        connected ??= connect()
        const producer = await connected
        for (const batch of inBatches(outgoing)) await sendBatch(producer, batch)
      } catch (error) {
        // The numbers by which the broker tells repetitions apart may be out of step now.
        await close()
        throw error
      }
    },
    close,
  }
}
