import { expect, test } from "bun:test"
import { createRequire } from "node:module"
import type { Message } from "kafkajs"
import { toMessage } from "./kafka-message.ts"
import { encodeBatch } from "./kafka-records.ts"

const require = createRequire(import.meta.url)

type Encoder = { readonly buffer: Buffer }

const theirRecord = require("kafkajs/src/protocol/recordBatch/record/v0") as (given: object) => Encoder
const theirBatch = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(given: object): Promise<Encoder>
}

const at_ms = 1_795_392_000_123
const numbers = { producer_id: 4_294_967_296_007n, producer_epoch: 3, first_sequence: 2_147_000_000 }

const asTheyDo = async (messages: readonly Message[]): Promise<Buffer> => {
  const records = messages.map((message, offsetDelta) =>
    theirRecord({ ...message, offsetDelta, timestampDelta: 0 }),
  )
  const { buffer } = await theirBatch.RecordBatch({
    records,
    firstTimestamp: at_ms,
    maxTimestamp: at_ms,
    producerId: String(numbers.producer_id),
    producerEpoch: numbers.producer_epoch,
    firstSequence: numbers.first_sequence,
    lastOffsetDelta: records.length - 1,
  })
  return buffer
}

const event = (data: unknown) =>
  toMessage({
    id: "e1",
    type: "job.completed",
    source: "scheduler",
    key: "k",
    at: "2026-11-23T00:00:00.000Z",
    data,
  })

const given: Readonly<Record<string, readonly Message[]>> = {
  "an event": [event({ job_id: "j" })],
  "its trace": [
    toMessage({ id: "e", type: "t", source: "s", key: "k", at: "a", data: 1, traceparent: "00-a-b-01" }),
  ],
  "letters of several bytes": [event("žluťoučký kůň 🐎"), event("\u0000"), event("\ud800")],
  "lengths around those that need another byte": [63, 64, 8_191, 8_192, 1_048_575, 1_048_576].map((length) =>
    event("x".repeat(length)),
  ),
  "more records than a byte counts": Array.from({ length: 20_000 }, (_, n) => event(n)),
  "nothing in it": [{ value: null }, { value: "" }, { key: null, value: "v" }, { key: "", value: "v" }],
  bytes: [{ key: Buffer.from([0, 255]), value: Buffer.alloc(300, 7), headers: { one: Buffer.from([128]) } }],
  "several headers of a name, and an empty one": [{ value: "v", headers: { many: ["a", "b"], none: "" } }],
}

test.each(Object.entries(given))("a batch with %s is what kafkajs would send", async (_, messages) => {
  const ours = encodeBatch({ messages, at_ms, ...numbers })
  expect(ours.equals(await asTheyDo(messages))).toBe(true)
})
