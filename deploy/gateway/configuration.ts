import { join } from "node:path"
import { parse } from "yaml"

const file = join(import.meta.dir, "..", "..", "envoy", "envoy.yaml")

type SocketAddress = { address: string; port_value: number }

type FilterChain = {
  filters: { typed_config: Record<string, unknown> }[]
  transport_socket?: object
  transport_socket_connect_timeout?: string
}

type Endpoint = { endpoint: { address: { socket_address: SocketAddress } } }

export type Cluster = {
  name: string
  load_assignment: { cluster_name: string; endpoints: { lb_endpoints: Endpoint[] }[] }
  [setting: string]: unknown
}

/** What is changed of it, of all that Envoy is configured with. */
export type GatewayConfiguration = {
  admin: { address: { socket_address: SocketAddress } }
  static_resources: {
    listeners: { address: { socket_address: SocketAddress }; filter_chains: FilterChain[] }[]
    clusters: Cluster[]
  }
}

/** The gateway's file as it is for containers. */
export const gatewayFile = (): Promise<string> => Bun.file(file).text()

export const readGateway = (text: string): GatewayConfiguration =>
  parse(text, { maxAliasCount: 1_000 }) as GatewayConfiguration
