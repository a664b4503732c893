import { join } from "node:path"
import { parse } from "yaml"

const root = join(import.meta.dir, "..", "..")

export type GatewayPlace = {
  readonly port: number
  /** Where the doors are, as `127.0.0.1:4401`, those for calls under `scheduler_rpc`; what isn't named here isn't there. */
  readonly clusters: ReadonlyMap<string, string>
  /** Requests a second from one address; as the file says, if it is undefined. */
  readonly per_address?: number | undefined
}

type SocketAddress = { address: string; port_value: number }
type Cluster = { name: string; load_assignment: { endpoints: unknown[] } }
type Configuration = {
  admin: { address: { socket_address: SocketAddress } }
  static_resources: { listeners: { address: { socket_address: SocketAddress } }[]; clusters: Cluster[] }
}

const bucket_of_address = "{ max_tokens: 10000, tokens_per_fill: 2000, fill_interval: 1s }"
const bucketOf = (per_s: number): string =>
  `{ max_tokens: ${per_s}, tokens_per_fill: ${per_s}, fill_interval: 1s }`

/** The gateway's configuration with this machine's addresses in place of those of the containers. */
export const gatewayConfiguration = async ({
  port,
  clusters,
  per_address,
}: GatewayPlace): Promise<string> => {
  const text = await Bun.file(join(root, "envoy", "envoy.yaml")).text()
  const placed = text.replaceAll("/etc/envoy/openapi.json", join(root, "sdk", "openapi.json"))
  const rated = per_address === undefined ? placed : placed.replace(bucket_of_address, bucketOf(per_address))
  const configuration = parse(rated, { maxAliasCount: 1_000 }) as Configuration
  configuration.admin.address.socket_address.port_value = 0
  for (const { address } of configuration.static_resources.listeners) {
    address.socket_address = { address: "127.0.0.1", port_value: port }
  }
  for (const { name, load_assignment } of configuration.static_resources.clusters) {
    const [address, port_value] = clusters.get(name)?.split(":") ?? []
    const endpoint = { address: { socket_address: { address, port_value: Number(port_value) } } }
    load_assignment.endpoints = address === undefined ? [] : [{ lb_endpoints: [{ endpoint }] }]
  }
  return JSON.stringify(configuration)
}
