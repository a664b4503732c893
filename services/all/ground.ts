import { join } from "node:path"
import type { Hono } from "hono"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import { signedBlobs } from "#kernel/blob/http.ts"
import { embeddedBus } from "#kernel/bus/embedded.ts"
import { parseConfig } from "#kernel/config/config.ts"
import type { Database } from "#kernel/database/database.ts"
import { openPool } from "#kernel/database/open.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { caller, type Dial } from "#kernel/rpc/client.ts"
import { lazyTransport } from "#kernel/rpc/lazy.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { type Adapters, type Composed, callersBy, compose } from "#kernel/service/compose.ts"
import { type Kit, systemKit } from "#kernel/service/kit.ts"
import type { Service, Store } from "#kernel/service/service.ts"
import { tidyMemory } from "#kernel/service/tidy-memory.ts"
import { createMetrics, type Metrics } from "#kernel/telemetry/metrics.ts"
import { observePool } from "#kernel/telemetry/pool.ts"
import { observeProcess } from "#kernel/telemetry/process.ts"
import { artifactConfig } from "#services/artifact/config.ts"
import type { PlatformOptions } from "./platform.ts"

/** Connections of both pools together stay well below what the embedded PostgreSQL allows. */
const max_sessions = { ordinary: 16, hot: 8 }

/** The embedded adapters: one PostgreSQL, pools shared by all, calls in memory, files in a folder. */
export type Ground = {
  readonly metrics: Metrics
  readonly kit: Kit
  database(schema: string): Database
  readonly composed: ReadonlyMap<string, Composed>
  /** What presigned links lead to. */
  readonly links: Hono
  add<Config, Needs extends Store>(service: Service<Config, Needs>): Promise<void>
  close(): Promise<void>
}

export const layGround = (postgres_url: string, public_url: string, options: PlatformOptions): Ground => {
  const { log, data, environment } = options
  const key = platformKey(options.key)
  const known = { WF_PUBLIC_URL: public_url, ...environment }
  const common = { url: postgres_url, log }
  const pool = openPool({ ...common, application_name: "wf", max_sessions: max_sessions.ordinary })
  const hot = openPool({ ...common, application_name: "wf-hot", max_sessions: max_sessions.hot, hot: true })
  const bus = embeddedBus({ log, is_alone: true })
  const metrics = createMetrics()
  observeProcess(metrics)
  observePool("shared", pool, metrics)
  observePool("hot", hot, metrics)
  const kit = systemKit()
  const blob = folderBlob({ folder: join(data, "artifacts"), key, url: public_url, now: kit.now })
  const { WF_ARTIFACT_MAX_BYTES: max_bytes } = parseConfig(artifactConfig, environment)
  const composed = new Map<string, Composed>()
  tidyMemory(() => {
    for (const { parts } of composed.values()) parts.forget?.()
  })
  const dial: Dial = (service, outgoing) =>
    lazyTransport(() => {
      const target = composed.get(service)
      if (!target?.parts.rpc) throw new Error(`${service} has no RPC door`)
      return inMemoryTransport(target.parts.rpc, target.rpc, outgoing)
    })
  const callers = callersBy(caller(dial, serviceTokens("iam", key)), environment, kit)
  return {
    metrics,
    kit,
    database: pool.database,
    composed,
    links: signedBlobs({ blob, key, now: kit.now, max_bytes }),
    async add(service) {
      const { name } = service
      const database = pool.database(name)
      const stores = { database, hot: hot.database(name), documents: postgresDocuments({ database }), blob }
      const shared = { kit, log, metrics, key, bus, dial, callers, environment: known }
      const adapters: Adapters<Store> = { ...shared, stores }
      composed.set(name, await compose(service, adapters))
    },
    async close() {
      await bus.close()
      await Promise.all([pool.close(), hot.close()])
    },
  }
}
