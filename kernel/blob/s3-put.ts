import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3"
import type { Bucket } from "./s3-bucket.ts"

const first_part_bytes = 8 * 1024 ** 2

/** S3 takes at most 10,000 parts, so they become larger the more there have been. */
const parts_per_size = 1_000

const partBytes = (number: number): number => first_part_bytes * 2 ** Math.floor(number / parts_per_size)

export type PutObject = {
  readonly key: string
  readonly bytes: AsyncIterable<Uint8Array>
  readonly content_type: string
}

/**
 * A stream of unknown length, in as many parts as it takes. All of them go through one buffer, one after the other:
 * with the SDK's own helper memory grew with the object.
 */
export const putObject = async (bucket: Bucket, object: PutObject): Promise<void> => {
  const parts = inParts(object.bytes)
  try {
    const first = await parts.next()
    if (first.done || first.value.last) await putWhole(bucket, object, first.value?.bytes ?? new Uint8Array())
    else await putInParts(bucket, object, { first: first.value, parts })
  } finally {
    // Whoever sends is told that no more is wanted.
    await parts.return(undefined)
  }
}

const putWhole = async (
  bucket: Bucket,
  { key, content_type }: PutObject,
  bytes: Uint8Array,
): Promise<void> => {
  const target = await bucket.named(key)
  await bucket.client.send(new PutObjectCommand({ ...target, ContentType: content_type, Body: bytes }))
}

type Divided = { readonly first: Part; readonly parts: AsyncGenerator<Part, undefined> }

const putInParts = async (bucket: Bucket, { key, content_type }: PutObject, { first, parts }: Divided) => {
  const { client } = bucket
  const target = await bucket.named(key)
  const created = new CreateMultipartUploadCommand({ ...target, ContentType: content_type })
  const { UploadId } = await client.send(created)
  const upload = { ...target, UploadId }
  const sent: CompletedPart[] = []
  const send = async ({ bytes }: Part) => {
    const PartNumber = sent.length + 1
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: bytes }))
    sent.push({ ETag, PartNumber })
  }
  try {
    await send(first)
    for await (const part of parts) await send(part)
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } }))
  } catch (error) {
    // What can't be removed now is left to the bucket's own rule for unfinished uploads.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

type Part = { readonly bytes: Uint8Array; readonly last: boolean }

/** Full parts, each valid until the next is asked for, and what is left at the end. */
async function* inParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part, undefined> {
  let buffer = Buffer.allocUnsafeSlow(partBytes(0))
  let filled = 0
  let number = 0
  for await (const piece of source) {
    let rest = piece
    while (rest.length > buffer.length - filled) {
      buffer.set(rest.subarray(0, buffer.length - filled), filled)
      rest = rest.subarray(buffer.length - filled)
      yield { bytes: buffer, last: false }
      number += 1
      filled = 0
      if (buffer.length < partBytes(number)) buffer = Buffer.allocUnsafeSlow(partBytes(number))
    }
    buffer.set(rest, filled)
    filled += rest.length
  }
  yield { bytes: buffer.subarray(0, filled), last: true }
}
