import { readFileSync } from "node:fs"
import { type PlatformKey, platformKey } from "#kernel/auth/platform-key.ts"
import { kafkaBus } from "#kernel/bus/kafka.ts"
import { ConfigError, config_exit_code, type Environment } from "#kernel/config/config.ts"
import { withCors } from "#kernel/http/cors.ts"
import { documentOf } from "#kernel/http/document.ts"
import { serveHttp } from "#kernel/http/serve.ts"
import type { Dial } from "#kernel/rpc/client.ts"
import { lazyTransport } from "#kernel/rpc/lazy.ts"
import { networkTransport } from "#kernel/rpc/network.ts"
import { inMemoryTransport, serveRpc } from "#kernel/rpc/server.ts"
import { type RpcTls, tlsFaults } from "#kernel/rpc/tls.ts"
import { exportSpans } from "#kernel/telemetry/exporter.ts"
import { createLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { observeProcess } from "#kernel/telemetry/process.ts"
import { type Adapters, type Composed, compose } from "./compose.ts"
import { systemKit } from "./kit.ts"
import type { Service, Store } from "./service.ts"
import { type ProcessSettings, readSettings, tls_settings } from "./settings.ts"
import { openStores } from "./stores.ts"
import { tidyMemory } from "./tidy-memory.ts"

const stop_ms = 20_000
const standard_output = 1

/** Runs one service as a process of its own, until it is told to stop. */
export const runService = async <Config, Needs extends Store>(
  service: Service<Config, Needs>,
  environment: Environment,
): Promise<void> => {
  try {
    const running = await startService(service, readSettings(service, environment), environment)
    const stop = () => {
      setTimeout(() => process.exit(1), stop_ms).unref()
      void running.stop().then(() => process.exit(0))
    }
    process.once("SIGTERM", stop)
    process.once("SIGINT", stop)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${service.name}: ${error.message}\n`)
    process.exit(config_exit_code)
  }
}

const startService = async <Config, Needs extends Store>(
  service: Service<Config, Needs>,
  settings: ProcessSettings,
  environment: Environment,
): Promise<{ stop(): Promise<void> }> => {
  const { name } = service
  const tls = readTls(settings)
  const log = createLog({ service: name, level: settings.WF_LOG_LEVEL, destination: standard_output })
  const flushSpans = settings.WF_OTLP_URL ? exportSpans(settings.WF_OTLP_URL, name) : () => Promise.resolve()
  const bus = kafkaBus({ brokers: settings.WF_KAFKA_BROKERS, client_id: `wf-${name}`, log })
  const kit = systemKit()
  const metrics = createMetrics()
  observeProcess(metrics)
  const opened = openStores({ service: name, needs: service.needs, environment, log, now: kit.now, metrics })
  let composed: Composed | undefined
  tidyMemory(() => composed?.parts.forget?.())
  const dial: Dial = (target, outgoing) => {
    const url = settings.peers.get(target)
    if (url !== undefined) return networkTransport(url, outgoing, tls)
    return lazyTransport(() => {
      if (!composed?.parts.rpc) throw new Error(`${name} does not say where ${target} is`)
      return inMemoryTransport(composed.parts.rpc, composed.rpc, outgoing)
    })
  }
  const adapters: Adapters<Needs> = {
    ...{ kit, log, metrics, bus, dial, environment },
    key: readKey(settings.WF_KEY_FILE),
    stores: opened.stores as Adapters<Needs>["stores"],
  }
  composed = await compose(service, adapters)
  const doors = await openDoors(composed, settings, tls)
  composed.running.start()
  log.info({ event: "service.ready", http_port: doors.http_port, rpc_port: doors.rpc_port })
  const { running } = composed
  return {
    async stop() {
      await running.stop()
      await doors.close()
      await bus.close()
      await opened.close()
      await flushSpans()
    },
  }
}

const readKey = (path: string): PlatformKey => {
  try {
    return platformKey(readFileSync(path, "utf8"))
  } catch (error) {
    throw new ConfigError([`WF_KEY_FILE: ${error instanceof Error ? error.message : error}`])
  }
}

/** What calls between services are made safe with, if they are. */
const readTls = (settings: ProcessSettings): RpcTls | undefined => {
  const read = (name: keyof RpcTls): string => {
    try {
      return readFileSync(settings[tls_settings[name]] ?? "", "utf8")
    } catch (error) {
      throw new ConfigError([`${tls_settings[name]}: ${error instanceof Error ? error.message : error}`])
    }
  }
  if (settings.WF_RPC_TLS_CERTIFICATE === undefined) return undefined
  const tls = { certificate: read("certificate"), key: read("key"), ca: read("ca") }
  const faults = tlsFaults(tls)
  if (faults.length === 0) return tls
  throw new ConfigError(faults.map((fault) => `WF_RPC_TLS_…: the ${fault}`))
}

const openDoors = async (composed: Composed, settings: ProcessSettings, tls: RpcTls | undefined) => {
  const { running, rpc, rpc_part } = composed
  const { WF_HOST: host, WF_HTTP_PORT, WF_RPC_PORT, WF_WEB_ORIGIN } = settings
  const { http } = running
  http.get("/openapi.json", (context) => context.json(documentOf(http)))
  const listen = { host, port: WF_HTTP_PORT, has_gateway: true, origins: WF_WEB_ORIGIN }
  const web = serveHttp(withCors(http.fetch, WF_WEB_ORIGIN), listen)
  const calls = rpc_part && (await serveRpc([rpc_part], { host, port: WF_RPC_PORT, log: rpc.log, tls }))
  return {
    http_port: web.port,
    rpc_port: calls?.port,
    async close() {
      await web.stop()
      await calls?.stop()
    },
  }
}
