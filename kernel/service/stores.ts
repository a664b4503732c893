import { s3Blob } from "#kernel/blob/s3.ts"
import { type Environment, parseConfig } from "#kernel/config/config.ts"
import { openPool } from "#kernel/database/open.ts"
import { mongoDocuments } from "#kernel/documents/mongo.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { observePool } from "#kernel/telemetry/pool.ts"
import type { Store, Stores } from "./service.ts"
import { mongoSettings, postgresSettings, s3Settings } from "./settings.ts"

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
export const openStores = ({ service, needs, environment, log, now, metrics }: Opening): Opened => {
  const stores: { -readonly [Name in Store]?: Stores[Name] } = {}
  const closing: (() => Promise<void>)[] = []
  for (const name of ["database", "hot"] as const) {
    if (!needs.includes(name)) continue
    const { WF_POSTGRES_URL: url, WF_POSTGRES_SESSIONS: max_sessions } = parseConfig(
      postgresSettings,
      environment,
    )
    const hot = name === "hot"
    const pool = openPool({
      url,
      log,
      max_sessions,
      hot,
      application_name: `wf-${service}${hot ? "-hot" : ""}`,
    })
    observePool(hot ? `${service}-hot` : service, pool, metrics)
    stores[name] = pool.database(service)
    closing.push(pool.close)
  }
  if (needs.includes("documents")) {
    const { WF_MONGO_URL: url } = parseConfig(mongoSettings, environment)
    const documents = mongoDocuments({ url, database_name: `wf_${service}`, log })
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
