import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { startGuarded } from "#deploy/engines/guarded.ts"
import { takePorts } from "#deploy/engines/ports.ts"
import { withBunSettings } from "#kernel/config/bun-settings.ts"
import type { Engines } from "./engines.ts"
import type { Ground } from "./ground.ts"
import type { Part } from "./part.ts"

const services_folder = join(import.meta.dir, "..", "..", "services")

/** Presigned links lead through the gateway to the bucket of this name, as its routes say. */
const bucket = "blobs"

/** Every service that runs as a process of its own. */
export const serviceNames = (): readonly string[] =>
  readdirSync(services_folder).filter((name) => existsSync(join(services_folder, name, "service.ts")))

const second = "-2"

const serviceOf = (instance: string): string => instance.replace(second, "")

/** What is started: each service once, and some twice. */
export const instanceNames = ({ doubles = [] }: Pick<Ground, "doubles">): readonly string[] => [
  ...serviceNames(),
  ...doubles.map((name) => `${name}${second}`),
]

/** Where an instance finds each service: a second one's peers are the second ones, where there are any. */
const peersOf = (
  instance: string,
  ports: ReadonlyMap<string, Ports>,
  scheme: "http" | "https",
): Record<string, string> => {
  const suffix = instance.endsWith(second) ? second : ""
  const urls = serviceNames().map((name) => {
    const { rpc } = ports.get(`${name}${suffix}`) ?? ports.get(name) ?? { rpc: 0 }
    return [`WF_${name.toUpperCase()}_RPC_URL`, `${scheme}://127.0.0.1:${rpc}`] as const
  })
  return Object.fromEntries(urls)
}

type Ports = { readonly http: number; readonly rpc: number }

export type ServicePlan = {
  readonly engines: Engines
  readonly key_file: string
  /** Where the gateway will be. */
  readonly url: string
}

export type Planned = {
  readonly ports: ReadonlyMap<string, Ports>
  environmentOf(name: string): Record<string, string>
}

/** Who listens where, and what each is told of the others. */
export const planServices = async (ground: Ground, plan: ServicePlan): Promise<Planned> => {
  const ports = new Map<string, Ports>()
  for (const name of instanceNames(ground)) ports.set(name, await takePorts(["http", "rpc"]))
  const { postgres, kafka, mongo, versitygw } = plan.engines
  const shared: Record<string, string> = {
    ...withBunSettings(ground.environment),
    WF_HOST: "127.0.0.1",
    WF_KEY_FILE: plan.key_file,
    WF_POSTGRES_URL: postgres.address.url,
    WF_KAFKA_BROKERS: kafka.address.broker,
    ...(mongo && { WF_MONGO_URL: mongo.address.url }),
    WF_S3_ENDPOINT: versitygw.address.endpoint,
    WF_S3_PUBLIC_URL: plan.url,
    WF_PUBLIC_URL: plan.url,
    WF_S3_REGION: versitygw.address.region,
    WF_S3_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: versitygw.address.access_key,
    AWS_SECRET_ACCESS_KEY: versitygw.address.secret_key,
    WF_WORKER_FOLDER: join(ground.data, "worker"),
  }
  const scheme = ground.environment.WF_RPC_TLS_CERTIFICATE ? "https" : "http"
  return {
    ports,
    environmentOf: (name) => ({
      ...shared,
      ...peersOf(name, ports, scheme),
      WF_HTTP_PORT: String(ports.get(name)?.http ?? 0),
      WF_RPC_PORT: String(ports.get(name)?.rpc ?? 0),
    }),
  }
}

const ready_ms = 60_000

/** How long a service may take to finish what it holds; then it is ended by force. */
const grace_s = 7

export type ServiceAddress = { readonly url: string }

export const startService = (
  ground: Ground,
  planned: Planned,
  name: string,
): Promise<Part<ServiceAddress>> => {
  const url = `http://127.0.0.1:${planned.ports.get(name)?.http}`
  const start = () =>
    startGuarded<ServiceAddress>({
      name,
      words: [process.execPath, join(services_folder, serviceOf(name), "main.ts")],
      folder: join(ground.data, "services", name),
      environment: planned.environmentOf(name),
      address: { url },
      ports: [],
      ready: async () => (await fetch(`${url}/health/ready`)).status === 200,
      ready_ms,
      grace_s,
    })
  return ground.start({ name, start })
}
