import { createRequire } from "node:module"
import type { Message } from "kafkajs"
import { systemKit } from "#kernel/service/kit.ts"
import { encodeBatch } from "./kafka-records.ts"

type Produced = {
  readonly acks: number
  readonly timeout: number
  readonly compression?: number
  readonly transactionalId?: string | null
  /** A number of 64 bits, in one of kafkajs's own ways. */
  readonly producerId?: { toString(): string }
  readonly producerEpoch?: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence?: number
      readonly messages: readonly Message[]
    }[]
  }[]
}

type Encoder = {
  writeString(text: string | null): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeBuffer(bytes: Buffer): Encoder
}

/** Makes room for so many bytes, and for more when they come. */
type EncoderClass = new (size: number) => Encoder

type Exchange = { readonly request: { readonly apiVersion: number; encode(): Promise<Encoder> } }

/** What is used here of kafkajs's own modules, which it doesn't export. */
type Api = { protocol(wanted: { version: number }): (produced: Produced) => Exchange }

const require = createRequire(import.meta.url)

/** The newest that kafkajs 2.2.4 speaks. */
const ours = 7

/** What comes before the topics, and before each topic and partition, is shorter. */
const between_bytes = 300

const encoded = (EncoderOf: EncoderClass, produced: Produced): Encoder => {
  const { acks, timeout, topicData, producerId = -1, producerEpoch = 0 } = produced
  const head = {
    at_ms: systemKit().now().getTime(),
    producer_id: BigInt(producerId.toString()),
    producer_epoch: producerEpoch,
  }
  const topics = topicData.map(({ topic, partitions }) => {
    const batches = partitions.map(({ partition, messages, firstSequence: first_sequence = 0 }) => {
      return { partition, bytes: encodeBatch({ ...head, messages, first_sequence }) }
    })
    return { topic, batches }
  })
  const all = topics.flatMap(({ batches }) => batches)
  const size = all.reduce((sum, { bytes }) => sum + bytes.length + between_bytes, between_bytes)
  const encoder = new EncoderOf(size).writeString(null).writeInt16(acks).writeInt32(timeout)
  encoder.writeInt32(topics.length)
  for (const { topic, batches } of topics) {
    encoder.writeString(topic).writeInt32(batches.length)
    for (const { partition, bytes } of batches) {
      encoder.writeInt32(partition).writeInt32(bytes.length).writeBuffer(bytes)
    }
  }
  return encoder
}

let is_light = false

/** Records are written by us: that was two thirds of what a busy service did for Kafka. The rest of the exchange is kafkajs's. */
export const lightRecords = (): void => {
  if (is_light) return
  is_light = true
  const api = require("kafkajs/src/protocol/requests/produce") as Api
  const EncoderOf = require("kafkajs/src/protocol/encoder") as EncoderClass
  const { protocol } = api
  api.protocol = ({ version }) => {
    const exchange = protocol({ version })
    if (version !== ours) return exchange
    return (produced) => {
      const theirs = exchange(produced)
      const is_plain = !produced.compression && !produced.transactionalId
      if (!is_plain) return theirs
      return { ...theirs, request: { ...theirs.request, encode: async () => encoded(EncoderOf, produced) } }
    }
  }
}
