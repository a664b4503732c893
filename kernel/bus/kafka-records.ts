import type { IHeaders, Message } from "kafkajs"
import { crc32c } from "./crc32c.ts"

/** What a broker takes at once for one partition: a batch of records, in the format that Kafka calls version 2. */
export type RecordBatch = {
  readonly messages: readonly Message[]
  readonly at_ms: number
  readonly producer_id: bigint
  readonly producer_epoch: number
  readonly first_sequence: number
}

type Field = string | Buffer | null | undefined

const head_bytes = 61
const checksum_at = 17
/** What the checksum is of: all that follows it. */
const checked_at = 21
const magic = 2

const zigzag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0

const sizeOfNumber = (value: number): number => {
  let size = 1
  for (let rest = zigzag(value) >>> 7; rest !== 0; rest >>>= 7) size += 1
  return size
}

/** Without its length; nothing at all has the length -1. */
const lengthOf = (field: Field): number => {
  if (field === null || field === undefined) return -1
  return typeof field === "string" ? Buffer.byteLength(field) : field.length
}

const sizeOfField = (length: number): number => sizeOfNumber(length) + Math.max(length, 0)

const headersOf = (headers: IHeaders = {}): readonly Field[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.flatMap((one) => [name, one]) : [name, value],
  )

/** A record's parts in their order, how long each is, and how long all of it is without that number itself. */
const measured = ({ key, value, headers }: Message, offset: number) => {
  const fields: readonly Field[] = [key, value, ...headersOf(headers)]
  const lengths = fields.map(lengthOf)
  const attributes_and_time = 2
  const counted = sizeOfNumber(offset) + sizeOfNumber((fields.length - 2) / 2)
  const size = lengths.reduce((sum, length) => sum + sizeOfField(length), attributes_and_time + counted)
  return { fields, lengths, size }
}

type Measured = ReturnType<typeof measured>

const writerInto = (bytes: Buffer, from: number) => {
  let at = from
  const number = (value: number) => {
    let rest = zigzag(value)
    for (; rest > 127; rest >>>= 7) {
      bytes[at] = (rest & 127) | 128
      at += 1
    }
    bytes[at] = rest
    at += 1
  }
  const field = (given: Field, length: number) => {
    number(length)
    if (length <= 0) return
    if (typeof given === "string") bytes.write(given, at)
    else given?.copy(bytes, at)
    at += length
  }
  return { number, field }
}

const writeRecord = (
  { number, field }: ReturnType<typeof writerInto>,
  { fields, lengths, size }: Measured,
  offset: number,
): void => {
  const [key, value, ...headers] = fields
  number(size)
  // No attributes, and the time of the batch.
  number(0)
  number(0)
  number(offset)
  field(key, lengths[0] ?? -1)
  field(value, lengths[1] ?? -1)
  number(headers.length / 2)
  for (const [index, header] of headers.entries()) field(header, lengths[index + 2] ?? -1)
}

/** Measured first, and then written into as many bytes as it takes. kafkajs makes 25 buffers of an event. */
export const encodeBatch = (batch: RecordBatch): Buffer => {
  const records = batch.messages.map(measured)
  const all = records.reduce((sum, { size }) => sum + sizeOfNumber(size) + size, head_bytes)
  const bytes = Buffer.allocUnsafe(all)
  const writer = writerInto(bytes, head_bytes)
  for (const [offset, record] of records.entries()) writeRecord(writer, record, offset)
  bytes.writeBigInt64BE(0n, 0)
  bytes.writeInt32BE(all - 12, 8)
  bytes.writeInt32BE(0, 12)
  bytes.writeInt8(magic, 16)
  bytes.writeInt16BE(0, checked_at)
  bytes.writeInt32BE(records.length - 1, 23)
  bytes.writeBigInt64BE(BigInt(batch.at_ms), 27)
  bytes.writeBigInt64BE(BigInt(batch.at_ms), 35)
  bytes.writeBigInt64BE(batch.producer_id, 43)
  bytes.writeInt16BE(batch.producer_epoch, 51)
  bytes.writeInt32BE(batch.first_sequence, 53)
  bytes.writeInt32BE(records.length, 57)
  bytes.writeUInt32BE(crc32c(bytes.subarray(checked_at)), checksum_at)
  return bytes
}
