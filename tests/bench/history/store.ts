import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { engineCache } from "#deploy/engines/install.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import { mongoDocuments } from "#kernel/documents/mongo.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { collections } from "#services/metadata/collections.ts"
import { type GivenMetadata, givenMetadata } from "#services/metadata/given.ts"

export type Filled = {
  readonly given: GivenMetadata
  readonly documents: Documents
  /** What a store does by itself some time after much was written. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** A PostgreSQL of its own, with nothing but metadata's documents in it. */
export const onPostgres = async (): Promise<Filled & { readonly database: Database }> => {
  const database = await testDatabase({ schema: "metadata", max_sessions: 8 })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  return {
    ...{ database, documents, given: givenMetadata(documents) },
    settle: async () => {
      await database.run((sql) => sql.script("analyze"))
    },
    close: () => database.close(),
  }
}

/** The engine that speaks MongoDB's protocol in the tests. */
export const onMongo = async (): Promise<Filled> => {
  const cache = engineCache(process.env.WF_ENGINES_CACHE)
  const folder = mkdtempSync(join(tmpdir(), "wf-bench-mongo-"))
  await mongo.install(cache)
  const running = await mongo.start({ cache, folder })
  const options = { url: running.address.url, database_name: "bench", log: silentLog }
  const documents = mongoDocuments(options)
  await documents.prepare(collections)
  return {
    ...{ documents, given: givenMetadata(documents) },
    settle: () => Promise.resolve(),
    async close() {
      await documents.close()
      await running.kill()
    },
  }
}
