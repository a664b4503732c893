import { afterAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Running } from "#deploy/engines/engine.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { documentsSuite } from "./documents.suite.ts"
import { mongoDocuments } from "./mongo.ts"

describe.skipIf(!isUsable(mongo))("over MongoDB", () => {
  let running: Running | undefined
  let folder = ""

  afterAll(async () => {
    await running?.kill()
    await rm(folder, { recursive: true, force: true })
  })

  documentsSuite(async () => {
    folder = await mkdtemp(join(tmpdir(), "wf-documents-"))
    await mongo.install(testCache)
    const started = await mongo.start({ cache: testCache, folder })
    running = started
    return mongoDocuments({ url: started.address.url, database_name: "shelf", log: silentLog })
  })
})

test("a server that is away is unavailable, and no bug", async () => {
  const nowhere = { url: "mongodb://127.0.0.1:1", database_name: "shelf", log: silentLog, timeout_ms: 100 }
  const documents = mongoDocuments(nowhere)
  const thing = { name: "thing", fields: [], indexes: [] }
  const asked = [
    documents.find(thing, { where: {}, order: [], limit: 1 }),
    documents.put(thing, [{ id: "one", version: 1 }]),
    documents.remove(thing, {}, 1),
  ]
  const refused = asked.map((answer) =>
    answer.catch((error: unknown) => error instanceof Problem && [error.code, error.retry_after_s]),
  )
  expect(await Promise.all(refused)).toEqual(asked.map(() => ["platform.unavailable", 1]))
  await documents.close()
})
