import { testDatabase } from "#kernel/testing/database.ts"
import { documentsSuite } from "./documents.suite.ts"
import { postgresDocuments } from "./postgres.ts"

documentsSuite(async () => {
  const database = await testDatabase({ schema: "shelf" })
  return { ...postgresDocuments({ database }), close: () => database.close() }
})
