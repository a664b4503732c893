import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3"
import type { Bucket } from "./s3-bucket.ts"

/** S3 copies no more than 5 GiB at once; what is larger goes in parts. */
const max_copy_bytes = 1024 ** 3

export type Move = {
  readonly from: string
  readonly to: string
  readonly max_part_bytes?: number
}

/** S3 can't rename. The copy appears complete or not at all; a second try finds what is left to do. */
export const moveObject = async (bucket: Bucket, move: Move): Promise<void> => {
  const { client } = bucket
  const source = await bucket.named(move.from)
  const found = await head(bucket, move.from)
  if (!found) {
    if (await head(bucket, move.to)) return
    throw new Error(`There is no ${move.from} to be moved to ${move.to}`)
  }
  const { max_part_bytes = max_copy_bytes } = move
  if ((found.ContentLength ?? 0) > max_part_bytes) await copyInParts(bucket, move, found)
  else {
    const target = await bucket.named(move.to)
    await client.send(new CopyObjectCommand({ ...target, CopySource: `${source.Bucket}/${source.Key}` }))
  }
  await client.send(new DeleteObjectCommand(source))
}

const head = async (bucket: Bucket, key: string): Promise<HeadObjectCommandOutput | undefined> => {
  try {
    return await bucket.client.send(new HeadObjectCommand(await bucket.named(key)))
  } catch (error) {
    if ((error as Error).name === "NotFound") return undefined
    throw error
  }
}

const copyInParts = async (
  bucket: Bucket,
  move: Move,
  { ContentLength, ContentType }: HeadObjectCommandOutput,
) => {
  const { client } = bucket
  const { max_part_bytes = max_copy_bytes } = move
  const target = await bucket.named(move.to)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ContentType }))
  const upload = { ...target, UploadId }
  try {
    const Parts: { ETag: string | undefined; PartNumber: number }[] = []
    const size_bytes = ContentLength ?? 0
    for (let start = 0; start < size_bytes; start += max_part_bytes) {
      const end = Math.min(start + max_part_bytes, size_bytes) - 1
      const part = {
        PartNumber: Parts.length + 1,
        CopySource: `${target.Bucket}/${move.from}`,
        CopySourceRange: `bytes=${start}-${end}`,
      }
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...upload, ...part }))
      Parts.push({ ETag: CopyPartResult?.ETag, PartNumber: part.PartNumber })
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}
