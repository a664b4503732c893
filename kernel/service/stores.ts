import { s3Blob } from "#kernel/blob/s3.ts"
import { type Environment, parseConfig } from "#kernel/config/config.ts"
import { openPool, type Pool } from "#kernel/database/open.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import { mongoDocuments } from "#kernel/documents/mongo.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { observePool } from "#kernel/telemetry/pool.ts"
import type { Store, Stores } from "./service.ts"
import { documentSettings, mongoSettings, postgresSettings, s3Settings } from "./settings.ts"

export type Opened = { readonly stores: Partial<Stores>; close(): Promise<void> }

export type Opening = {
  readonly service: string
  readonly needs: readonly Store[]
  readonly environment: Environment
  readonly log: Log
  readonly now: () => Date
  readonly metrics: Metrics
}

/** The stores of the distributed mode, and only those that the service needs. */
export const openStores = (opening: Opening): Opened => {
  const { service, needs, environment, now } = opening
  const stores: { -readonly [Name in Store]?: Stores[Name] } = {}
  const closing: (() => Promise<void>)[] = []
  for (const name of ["database", "hot"] as const) {
    if (!needs.includes(name)) continue
    const pool = poolFor(opening, name)
    stores[name] = pool.database(service)
    closing.push(pool.close)
  }
  if (needs.includes("documents")) {
    const documents = documentsFor(opening)
    stores.documents = documents
    closing.push(documents.close)
  }
  if (needs.includes("blob")) stores.blob = s3Blob(parseConfig(s3Settings, environment), now)
  return {
    stores,
    close: async () => {
      await Promise.all(closing.map((close) => close()))
    },
  }
}

const poolFor = ({ service, environment, log, metrics }: Opening, kind: "database" | "hot"): Pool => {
  const { WF_POSTGRES_URL: url, WF_POSTGRES_SESSIONS: max_sessions } = parseConfig(
    postgresSettings,
    environment,
  )
  const name = kind === "hot" ? `${service}-hot` : service
  const pool = openPool({ url, log, max_sessions, hot: kind === "hot", application_name: `wf-${name}` })
  observePool(name, pool, metrics)
  return pool
}

const documentsFor = (opening: Opening): Documents => {
  const { service, environment, log } = opening
  const { WF_DOCUMENTS: kind } = parseConfig(documentSettings, environment)
  if (kind === "postgres") {
    const pool = poolFor(opening, "database")
    return { ...postgresDocuments({ database: pool.database(service) }), close: pool.close }
  }
  const { WF_MONGO_URL: url } = parseConfig(mongoSettings, environment)
  return mongoDocuments({ url, database_name: `wf_${service}`, log })
}
