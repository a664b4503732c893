import { afterAll, describe } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Running } from "#deploy/engines/engine.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
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
