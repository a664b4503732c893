import { postgresAdapter } from "./postgres-ground.ts"
import { rowsSuite } from "./rows.suite.ts"

rowsSuite("PostgreSQL", postgresAdapter)
