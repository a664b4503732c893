import { join } from "node:path"
import { gatewayFile, readGateway } from "#deploy/gateway/configuration.ts"
import { type GatewayParts, withParts } from "#deploy/gateway/parts.ts"
import { replaced } from "#deploy/gateway/replaced.ts"

const root = join(import.meta.dir, "..", "..")

export type GatewayPlace = {
  readonly port: number
  /** Where the doors are, as `127.0.0.1:4401`, those for calls under `scheduler_rpc`; what isn't named here isn't there. */
  readonly clusters: ReadonlyMap<string, string>
  /** Requests a second from one address; as the file says, if it is undefined. */
  readonly per_address?: number | undefined
  readonly parts?: GatewayParts
}

const bucket_of_address = "{ max_tokens: 10000, tokens_per_fill: 2000, fill_interval: 1s }"
const bucketOf = (per_s: number): string =>
  `{ max_tokens: ${per_s}, tokens_per_fill: ${per_s}, fill_interval: 1s }`

/** What the gateway serves by itself, from where it is in a checkout rather than in its container. */
export const withFilesHere = (text: string): string =>
  text
    .replaceAll("/etc/envoy/openapi.json", join(root, "sdk/openapi.json"))
    .replaceAll("/etc/envoy/reference", join(root, "services/all/reference"))

/** The gateway's configuration with this machine's addresses in place of those of the containers. */
export const gatewayConfiguration = async ({
  port,
  clusters,
  per_address,
  parts = {},
}: GatewayPlace): Promise<string> => {
  const text = await gatewayFile()
  const placed = withFilesHere(text)
  const rated =
    per_address === undefined ? placed : replaced(placed, bucket_of_address, bucketOf(per_address))
  const configuration = readGateway(rated)
  configuration.admin.address.socket_address.port_value = 0
  for (const { address } of configuration.static_resources.listeners) {
    address.socket_address = { address: "127.0.0.1", port_value: port }
  }
  for (const cluster of configuration.static_resources.clusters) {
    const { name } = cluster
    const [address = "", port_value] = clusters.get(name)?.split(":") ?? []
    const endpoint = { address: { socket_address: { address, port_value: Number(port_value) } } }
    const endpoints = address === "" ? [] : [{ lb_endpoints: [{ endpoint }] }]
    cluster.load_assignment = { ...cluster.load_assignment, endpoints }
  }
  return JSON.stringify(withParts(configuration, parts))
}
