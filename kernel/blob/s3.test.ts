import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import type { S3Settings } from "#kernel/service/settings.ts"
import { blobSuite } from "./blob.suite.ts"
import { s3Blob } from "./s3.ts"
import { bucketOf } from "./s3-bucket.ts"
import { moveObject } from "./s3-move.ts"

const now = () => new Date()
const mib = 1024 ** 2

const startStore = async () => {
  const folder = await mkdtemp(join(tmpdir(), "wf-s3-"))
  await versitygw.install(testCache)
  const gateway = await versitygw.start({ cache: testCache, folder })
  const { endpoint, region, access_key, secret_key } = gateway.address
  const settings: S3Settings = {
    WF_S3_ENDPOINT: endpoint,
    WF_S3_REGION: region,
    WF_S3_BUCKET: "artifacts",
    AWS_ACCESS_KEY_ID: access_key,
    AWS_SECRET_ACCESS_KEY: secret_key,
  }
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: access_key, secretAccessKey: secret_key },
  })
  const kept = async () => {
    const Bucket = settings.WF_S3_BUCKET
    const objects = await client.send(new ListObjectsV2Command({ Bucket }))
    const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket }))
    return [...(objects.Contents ?? []), ...(uploads.Uploads ?? [])].map(({ Key }) => String(Key)).sort()
  }
  const close = async () => {
    client.destroy()
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { settings, client, kept, close, gateway }
}

const open = async () => {
  const store = await startStore()
  return { ...store, blob: s3Blob(store.settings, now) }
}

describe.skipIf(!isUsable(versitygw))("S3", () => {
  blobSuite("as a store of blobs", open)

  let store: Awaited<ReturnType<typeof startStore>>
  beforeAll(async () => {
    store = await startStore()
  }, 900_000)
  afterAll(() => store.close())

  test("several instances that start at once make one bucket", async () => {
    const all = [1, 2, 3, 4].map(() => s3Blob({ ...store.settings, WF_S3_BUCKET: "shared" }, now))
    await Promise.all(all.map((blob) => blob.open("nothing")))
    const { Buckets } = await store.client.send(new ListBucketsCommand({}))
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["shared"])
  })

  test("a bucket that can't be used is named, and tried anew", async () => {
    const wrong = s3Blob({ ...store.settings, AWS_SECRET_ACCESS_KEY: "wrong" }, now)
    await expect(wrong.open("nothing")).rejects.toThrow("The bucket artifacts can't be used")
    await expect(wrong.open("nothing")).rejects.toThrow("The bucket artifacts can't be used")
  })

  test("links lead to where the store is reached from outside", async () => {
    const blob = s3Blob({ ...store.settings, WF_S3_PUBLIC_URL: "http://files.example.test:8080" }, now)
    const { url } = await blob.presign({
      ...{ key: "a/b", method: "GET", expires_s: 60, content_type: "text/plain", file_name: "b" },
    })
    expect(url).toStartWith("http://files.example.test:8080/artifacts/a/b?")
  })

  test("an object that is too large to be copied at once is moved in parts", async () => {
    const blob = s3Blob(store.settings, now)
    const bytes = new Uint8Array(12 * mib).map((_, index) => index % 251)
    const body = new Response(bytes).body ?? new ReadableStream()
    await blob.put("staging/parts", body, { content_type: "text/x-parts", max_bytes: 100 * mib })
    const bucket = bucketOf(store.client, store.settings.WF_S3_BUCKET)
    await moveObject(bucket, { from: "staging/parts", to: "objects/parts", max_part_bytes: 5 * mib })
    const opened = await blob.open("objects/parts")
    expect(await new Response(opened?.body).bytes()).toEqual(bytes)
    expect(await store.kept()).toEqual(["objects/parts"])
  })
})
