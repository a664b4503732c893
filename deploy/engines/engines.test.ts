import { afterAll, beforeAll, expect, test } from "bun:test"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { Kafka, logLevel } from "kafkajs"
import { MongoClient } from "mongodb"
import { openDatabase } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { enginesNamed } from "./engines.ts"
import { envoy } from "./envoy.ts"
import { kafka } from "./kafka.ts"
import { mongo } from "./mongo.ts"
import { createOwnedFolder } from "./owned-folder.ts"
import { postgres } from "./postgres.ts"
import { isUsable, testCache } from "./testing/usable.ts"
import { versitygw } from "./versitygw.ts"

const install_ms = 900_000
let root = ""
beforeAll(async () => {
  root = await createOwnedFolder(tmpdir(), "wf-engines-test")
})
afterAll(() => rm(root, { recursive: true, force: true }))

const place = (name: string) => ({ cache: testCache, folder: join(root, name) })

test("PostgreSQL that was killed goes on with the same data on the same ports", async () => {
  await postgres.install(testCache)
  const first = await postgres.start(place("postgres"))
  const open = () =>
    openDatabase({ url: first.address.url, schema: "public", application_name: "test", log: silentLog })
  const before = open()
  await before.run((sql) => sql.script("create table kept as select 7 as n"))
  await before.close()
  await first.kill()

  const second = await postgres.start({ ...place("postgres"), ports: first.ports })
  const after = open()
  expect(await after.run((sql) => sql`select n from public.kept`)).toEqual([{ n: 7 }])
  await after.close()
  await second.stop()
})

test.skipIf(!isUsable(kafka))(
  "Kafka that was killed goes on with the same data on the same ports",
  async () => {
    await kafka.install(testCache)
    const first = await kafka.start(place("kafka"))
    const client = new Kafka({ brokers: [first.address.broker], logLevel: logLevel.NOTHING })
    const admin = client.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: "kept", numPartitions: 3 }] })
    await admin.disconnect()
    await first.kill()

    const second = await kafka.start({ ...place("kafka"), ports: first.ports })
    expect(second.address).toEqual(first.address)
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: ["kept"] })
    expect(topics[0]?.partitions).toHaveLength(3)
    await admin.disconnect()
    await second.stop()
  },
  install_ms,
)

test.skipIf(!isUsable(mongo))(
  "the MongoDB double keeps a document and finds it by an indexed field",
  async () => {
    await mongo.install(testCache)
    const running = await mongo.start(place("mongo"))
    const client = new MongoClient(running.address.url)
    const documents = client.db("test").collection<{ _id: string; size: number }>("documents")
    await documents.createIndex({ size: 1 })
    await documents.insertOne({ _id: "one", size: 7 })
    expect(await documents.findOne({ size: { $gt: 5 } })).toEqual({ _id: "one", size: 7 })
    await client.close()
    await running.stop()
  },
  install_ms,
)

test.skipIf(!isUsable(versitygw))(
  "S3 stores an object and gives it back",
  async () => {
    await versitygw.install(testCache)
    const running = await versitygw.start(place("versitygw"))
    const { endpoint, region, access_key, secret_key } = running.address
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: access_key, secretAccessKey: secret_key },
      requestChecksumCalculation: "WHEN_REQUIRED",
    })
    await client.send(new CreateBucketCommand({ Bucket: "artifacts" }))
    await client.send(new PutObjectCommand({ Bucket: "artifacts", Key: "a/b", Body: "hello" }))
    const object = await client.send(new GetObjectCommand({ Bucket: "artifacts", Key: "a/b" }))
    expect(await object.Body?.transformToString()).toBe("hello")
    client.destroy()
    await running.stop()
  },
  install_ms,
)

const envoyConfig = (port: number) => `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
static_resources: { listeners: [], clusters: [] }
`

test.skipIf(!isUsable(envoy))(
  "Envoy judges a configuration file and runs with it",
  async () => {
    await envoy.install(testCache)
    const good = join(root, "good.yaml")
    const bad = join(root, "bad.yaml")
    await Bun.write(good, envoyConfig(0))
    await Bun.write(bad, envoyConfig(0).replace("clusters", "clutters"))
    expect(envoy.start({ ...place("envoy"), config: bad })).rejects.toThrow("clutters")
    const running = await envoy.start({ ...place("envoy"), config: good })
    const answer = await fetch(`${running.address.admin}/server_info`)
    expect(await answer.json()).toMatchObject({ state: "LIVE" })
    await running.stop()
  },
  install_ms,
)

test("an engine that doesn't exist is refused with the names of those that do", () => {
  expect(() => enginesNamed(["redis"])).toThrow('There is no engine "redis". There are: postgres, kafka,')
})
