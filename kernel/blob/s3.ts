import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { attachment } from "#kernel/http/download.ts"
import type { S3Settings } from "#kernel/service/settings.ts"
import { type Blob, checkKey, type Opened, type Presign, type Presigned, type Range } from "./blob.ts"
import { counted } from "./counted.ts"
import { type Bucket, bucketOf } from "./s3-bucket.ts"
import { moveObject } from "./s3-move.ts"
import { putObject } from "./s3-put.ts"

/** Most that one request may remove. */
const max_removed = 1_000

/** Objects in one bucket, which is made when it is first needed. */
export const s3Blob = (settings: S3Settings, now: () => Date): Blob => {
  const bucket = bucketOf(clientOf(settings, settings.WF_S3_ENDPOINT), settings.WF_S3_BUCKET)
  const signer = clientOf(settings, settings.WF_S3_PUBLIC_URL ?? settings.WF_S3_ENDPOINT)
  return {
    async put(key, body, limits) {
      const { bytes, stored } = counted(body, limits)
      await putObject(bucket, { key: checkKey(key), bytes, content_type: limits.content_type })
      return stored()
    },
    open: (key, range) => openObject(bucket, checkKey(key), range),
    move: (from, to) => moveObject(bucket, { from: checkKey(from), to: checkKey(to) }),
    async remove(keys) {
      for (let start = 0; start < keys.length; start += max_removed) {
        await removeObjects(bucket, keys.slice(start, start + max_removed).map(checkKey))
      }
    },
    async presign(request) {
      const target = await bucket.named(checkKey(request.key))
      const expires_at = new Date(now().getTime() + request.expires_s * 1000).toISOString()
      return { ...(await presigned(signer, target, request)), expires_at }
    },
  }
}

const clientOf = (settings: S3Settings, endpoint: string): S3Client => {
  const config: S3ClientConfig = {
    endpoint,
    region: settings.WF_S3_REGION,
    // The bucket's name needn't resolve as a host.
    forcePathStyle: true,
    credentials: {
      accessKeyId: settings.AWS_ACCESS_KEY_ID,
      secretAccessKey: settings.AWS_SECRET_ACCESS_KEY,
    },
    // Else presigned uploads carry the checksum of an empty body.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 60_000 },
  }
  return new S3Client(config)
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

const openObject = async (bucket: Bucket, key: string, range: Range | undefined) => {
  const wanted = await bucket.named(key)
  const Range = range && `bytes=${range.start}-${range.end ?? ""}`
  try {
    const found = await bucket.client.send(new GetObjectCommand({ ...wanted, ...(Range && { Range }) }))
    const total = found.ContentRange?.split("/").at(-1) ?? found.ContentLength
    return { size_bytes: Number(total), body: streamOf(found.Body?.transformToWebStream()) }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    if (statusOf(error) === 416) return beyondEnd(bucket, key)
    throw error
  }
}

const streamOf = (body: ReadableStream | undefined): ReadableStream<Uint8Array> =>
  body ?? new ReadableStream({ start: (controller) => controller.close() })

const beyondEnd = async (bucket: Bucket, key: string): Promise<Opened> => {
  const { ContentLength } = await bucket.client.send(new HeadObjectCommand(await bucket.named(key)))
  return { size_bytes: Number(ContentLength), body: streamOf(undefined) }
}

const removeObjects = async (bucket: Bucket, keys: readonly string[]): Promise<void> => {
  const { Bucket } = await bucket.named("")
  const Objects = keys.map((Key) => ({ Key }))
  const { Errors } = await bucket.client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
  )
  const failed = Errors?.find(({ Code }) => Code !== "NoSuchKey")
  if (failed) throw new Error(`${failed.Key} could not be removed: ${failed.Code} ${failed.Message}`)
}

const checksum_header = "x-amz-checksum-sha256"

const presigned = async (
  signer: S3Client,
  target: { Bucket: string; Key: string },
  { method, expires_s, content_type, file_name, expected = {} }: Presign,
): Promise<Omit<Presigned, "expires_at">> => {
  if (method === "PUT") {
    const { size_bytes, sha256 } = expected
    const checksum = sha256 && Buffer.from(sha256, "hex").toString("base64")
    const headers = { "content-type": content_type, ...(checksum && { [checksum_header]: checksum }) }
    const command = new PutObjectCommand({
      ...{ ...target, ContentType: content_type },
      ...(size_bytes !== undefined && { ContentLength: size_bytes }),
      ...(checksum && { ChecksumSHA256: checksum }),
    })
    const signed = new Set([...Object.keys(headers), "content-length"])
    const url = await getSignedUrl(signer, command, {
      ...{ expiresIn: expires_s, signableHeaders: signed, unhoistableHeaders: signed },
    })
    return { url, method, headers }
  }
  const command = new GetObjectCommand({
    ...target,
    ResponseContentType: content_type,
    ResponseContentDisposition: attachment(file_name, content_type)["content-disposition"],
  })
  const url = await getSignedUrl(signer, command, { expiresIn: expires_s })
  return { url, method, headers: {} }
}
