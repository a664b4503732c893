import { mkdirSync } from "node:fs"
import { takePorts } from "#deploy/engines/ports.ts"
import { until } from "#kernel/testing/until.ts"
import { type Engines, startEngines } from "./engines.ts"
import { startGateway } from "./gateway.ts"
import { type Ground, type GroundOptions, layGround } from "./ground.ts"
import { keyFile, ownerToken } from "./owner.ts"
import type { Part } from "./part.ts"
import { planServices, type ServiceAddress, serviceNames, startService } from "./services.ts"

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
    serviceNames().map(async (name) => [name, await startService(ground, planned, name)] as const),
  )
  const services = new Map(started)
  const clusters = new Map([["s3", hostOf(engines.versitygw.address.endpoint)]])
  for (const [name, { address }] of services) clusters.set(name, hostOf(address.url))
  const [envoy, token] = await Promise.all([
    startGateway(ground, { port, clusters }),
    ownerToken(ground.data, planned.environmentOf("iam")),
  ])
  await until("the gateway reaches every service", () => isReady(url), routed_ms)
  ground.signal?.throwIfAborted()
  return { url, token, services, engines: { ...engines, envoy }, stop: ground.stop }
}

const hostOf = (url: string): string => new URL(url).host

const isReady = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
  return answer?.status === 200
}
