import { z } from "zod"
import { ConfigError, type Environment, parseConfig, wholeNumber } from "#kernel/config/config.ts"
import { originSettings } from "#kernel/http/cors.ts"
import type { Service, Store } from "./service.ts"

const port = wholeNumber({ min: 0, max: 65_535 })

/** What every process of the distributed mode needs to know, whichever service it is. */
const processSettings = z.object({
  WF_HOST: z.string().min(1).default("127.0.0.1"),
  WF_HTTP_PORT: port,
  WF_RPC_PORT: port,
  WF_KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(",").map((broker) => broker.trim()))
    .pipe(z.array(z.string().min(1, "must be HOST:PORT, separated by commas"))),
  WF_KEY_FILE: z.string().min(1),
  WF_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  WF_OTLP_URL: z.url().optional(),
  WF_RPC_TLS_CERTIFICATE: z.string().optional(),
  WF_RPC_TLS_KEY: z.string().optional(),
  WF_RPC_TLS_CA: z.string().optional(),
  ...originSettings.shape,
})

export const postgresSettings = z.object({
  WF_POSTGRES_URL: z.url(),
  WF_POSTGRES_SESSIONS: wholeNumber({ min: 1, max: 1_000 }).default(10),
})

/** Where logs and attempts are kept: in MongoDB unless it says otherwise. */
export const documentSettings = z.object({ WF_DOCUMENTS: z.enum(["mongo", "postgres"]).default("mongo") })

export const mongoSettings = z.object({ WF_MONGO_URL: z.url() })

export const s3Settings = z.object({
  WF_S3_ENDPOINT: z.url(),
  WF_S3_BUCKET: z.string().min(1),
  WF_S3_REGION: z.string().min(1).default("us-east-1"),
  AWS_ACCESS_KEY_ID: z.string().min(1),
  AWS_SECRET_ACCESS_KEY: z.string().min(1),
  /** Where those who are given a presigned URL reach the store, if that isn't the endpoint. */
  WF_S3_PUBLIC_URL: z.url().optional(),
})

export type S3Settings = z.output<typeof s3Settings>

const settingsOf = (store: Store, { WF_DOCUMENTS: kind }: Environment): readonly z.ZodType[] => {
  if (store === "blob") return [s3Settings]
  if (store !== "documents") return [postgresSettings]
  return [documentSettings, kind === "postgres" ? postgresSettings : mongoSettings]
}

/** Where the services that this one calls listen, as `WF_SCHEDULER_RPC_URL`. */
const peerName = (service: string): string => `WF_${service.toUpperCase()}_RPC_URL`

export type ProcessSettings = z.output<typeof processSettings> & {
  readonly peers: ReadonlyMap<string, string>
}

export const tls_settings = {
  certificate: "WF_RPC_TLS_CERTIFICATE",
  key: "WF_RPC_TLS_KEY",
  ca: "WF_RPC_TLS_CA",
} as const

const tls_names = Object.values(tls_settings)

/** Calls are by TLS between all services or between none: a key without an authority would be half a lock. */
const channelFaults = (environment: Environment, called: readonly string[]): readonly string[] => {
  const missing = tls_names.filter((name) => !environment[name])
  if (missing.length === tls_names.length) return []
  if (missing.length > 0)
    return missing.map((name) => `${name}: is not set; it belongs to ${belonging(name)}`)
  const plain = called.map(peerName).filter((name) => environment[name]?.startsWith("http://"))
  return plain.map((name) => `${name}: must begin with https://, as ${tls_settings.certificate} is set`)
}

const belonging = (name: string): string => tls_names.filter((other) => other !== name).join(" and ")

/** Reads all that a service's process needs, its stores' and its own settings included; all faults come together. */
export const readSettings = <Config, Needs extends Store>(
  service: Service<Config, Needs>,
  environment: Environment,
): ProcessSettings => {
  const called = service.calls.filter((name) => name !== service.name)
  const peerSettings = z.object(Object.fromEntries(called.map((name) => [peerName(name), z.url()])))
  const schemas = [
    processSettings,
    peerSettings,
    service.config,
    ...service.needs.flatMap((store) => settingsOf(store, environment)),
  ]
  const faults = schemas.flatMap((schema) => faultsOf(schema, environment))
  const problems = new Set([...faults, ...channelFaults(environment, called)])
  if (problems.size > 0) throw new ConfigError([...problems])
  const peers = parseConfig(peerSettings, environment)
  return {
    ...parseConfig(processSettings, environment),
    peers: new Map(called.map((name) => [name, peers[peerName(name)] ?? ""])),
  }
}

const faultsOf = (schema: z.ZodType, environment: Environment): readonly string[] => {
  try {
    parseConfig(schema, environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
