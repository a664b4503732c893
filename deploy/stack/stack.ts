import { mkdirSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { takePorts } from "#deploy/engines/ports.ts"
import { type Engines, startEngines } from "./engines.ts"
import { startGateway } from "./gateway.ts"
import { type Ground, type GroundOptions, layGround } from "./ground.ts"
import { keyFile, ownerToken } from "./owner.ts"
import type { Part } from "./part.ts"
import { instanceNames, planServices, type ServiceAddress, startService } from "./services.ts"

export type StackOptions = GroundOptions & {
  /** The gateway's; 0 picks one. */
  readonly port: number
}

export type Stack = {
  readonly url: string
  /** An API token of the first owner. */
  readonly token: string
  readonly services: ReadonlyMap<string, Part<ServiceAddress>>
  readonly engines: Engines & { readonly envoy: Part }
  stop(): Promise<void>
}

const routed_ms = 20_000

/** The distributed mode on this machine: each service a process, on real engines, behind the gateway. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  // PostgreSQL, which root runs as somebody else, has to get through to its own.
  mkdirSync(options.data, { recursive: true, mode: 0o711 })
  const ground = layGround(options)
  try {
    return await start(ground, options.port)
  } catch (error) {
    await ground.stop()
    throw error
  }
}

const start = async (ground: Ground, wanted_port: number): Promise<Stack> => {
  const { port } = wanted_port === 0 ? await takePorts(["port"]) : { port: wanted_port }
  const url = `http://127.0.0.1:${port}`
  const key_file = keyFile(ground.data)
  const engines = await startEngines(ground)
  const planned = await planServices(ground, { engines, key_file, url })
  const started = await Promise.all(
    instanceNames(ground).map(async (name) => [name, await startService(ground, planned, name)] as const),
  )
  const services = new Map(started)
  const clusters = new Map([["s3", hostOf(engines.versitygw.address.endpoint)]])
  for (const [name, { address }] of services) {
    clusters.set(name, hostOf(address.url))
    clusters.set(`${name}_rpc`, `127.0.0.1:${planned.ports.get(name)?.rpc}`)
  }
  const [envoy, token] = await Promise.all([
    startGateway(ground, { port, clusters, ...askedOf(ground.environment) }),
    ownerToken(ground.data, planned.environmentOf("iam")),
  ])
  await untilRouted(ground, url)
  return { url, token, services, engines: { ...engines, envoy }, stop: ground.stop }
}

const hostOf = (url: string): string => new URL(url).host

/** A load that comes from this machine has one address; and what the services trace begins at the gateway. */
const askedOf = (environment: Readonly<Record<string, string>>) => {
  const { WF_GATEWAY_RATE: rate, WF_OTLP_URL: otlp_url } = environment
  const rpc_tls = rpcTlsOf(environment)
  return {
    per_address: rate === undefined ? undefined : Number(rate),
    parts: { ...(otlp_url && { otlp_url }), ...(rpc_tls && { rpc_tls }) },
  }
}

/** The services' own; whether these are whole they say themselves. */
const rpcTlsOf = (environment: Readonly<Record<string, string>>) => {
  const {
    WF_RPC_TLS_CERTIFICATE: certificate,
    WF_RPC_TLS_KEY: key = "",
    WF_RPC_TLS_CA: ca = "",
  } = environment
  return certificate ? { certificate, key, ca } : undefined
}

const look_ms = 50

/** The gateway looks for the services by itself, every now and then. */
const untilRouted = async ({ signal }: Ground, url: string): Promise<void> => {
  const deadline_ms = performance.now() + routed_ms
  for (;;) {
    signal?.throwIfAborted()
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
    if (answer?.status === 200) return
    if (performance.now() > deadline_ms) {
      throw new Error(`the gateway does not reach every service; it answers ${answer?.status ?? "nothing"}`)
    }
    await wait(look_ms)
  }
}
