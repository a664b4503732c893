import { isIP } from "node:net"
import type { Cluster, GatewayConfiguration } from "./configuration.ts"

/** What the gateway does only where it is asked for. Files are where Envoy finds them. */
export type GatewayParts = {
  readonly tls?: KeyPair
  /** Where the collector of traces is, without the path of OTLP. */
  readonly otlp_url?: string
  /** What the gateway shows services that it calls by gRPC, and the authority that has to vouch for them. */
  readonly rpc_tls?: KeyPair & { readonly ca: string }
}

export type KeyPair = { readonly certificate: string; readonly key: string }

const tls_type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
const tracer_type = "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig"

/** Of TLS 1.2: those with forward secrecy that authenticate what they encrypt. Those of 1.3 all do. */
const cipher_suites = [
  "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
  "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
]

const tls_params = { tls_minimum_protocol_version: "TLSv1_2", cipher_suites }

const certificateOf = ({ certificate, key }: KeyPair) => ({
  certificate_chain: { filename: certificate },
  private_key: { filename: key },
})

const listenerTls = (pair: KeyPair) => ({
  name: "envoy.transport_sockets.tls",
  typed_config: {
    "@type": `${tls_type}.DownstreamTlsContext`,
    common_tls_context: {
      tls_params,
      tls_certificates: [certificateOf(pair)],
      alpn_protocols: ["h2", "http/1.1"],
    },
  },
})

const validationBy = (authority: string, name: string) => ({
  trusted_ca: { filename: authority },
  match_typed_subject_alt_names: [
    { san_type: isIP(name) === 0 ? "DNS" : "IP_ADDRESS", matcher: { exact: name } },
  ],
})

/** Where the image of Envoy has them. Its own way to those of the system leaves the name unchecked. */
const public_authorities = "/etc/ssl/certs/ca-certificates.crt"

/** To a server of this name, for which the authority vouches. */
const upstreamTls = (host: string, authority: string, more: object = {}) => ({
  name: "envoy.transport_sockets.tls",
  typed_config: {
    "@type": `${tls_type}.UpstreamTlsContext`,
    ...(isIP(host) === 0 && { sni: host }),
    common_tls_context: { tls_params, ...more, validation_context: validationBy(authority, host) },
  },
})

const collector = "otlp"

const collectorOf = (otlp_url: string): Cluster => {
  const { protocol, hostname, port } = new URL(otlp_url)
  const is_safe = protocol === "https:"
  const address = hostname.replace(/^\[(.*)\]$/, "$1")
  const port_value = port === "" ? (is_safe ? 443 : 80) : Number(port)
  const endpoint = { address: { socket_address: { address, port_value } } }
  return {
    name: collector,
    type: "STRICT_DNS",
    connect_timeout: "2s",
    load_assignment: { cluster_name: collector, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    ...(is_safe && { transport_socket: upstreamTls(address, public_authorities) }),
  }
}

const called = "scheduler_rpc"

/** The name that the cluster's instances have in common. */
const hostOf = ({ load_assignment }: Cluster): string | undefined =>
  load_assignment.endpoints[0]?.lb_endpoints[0]?.endpoint.address.socket_address.address

const withCalls = (cluster: Cluster, { rpc_tls }: GatewayParts): Cluster => {
  const host = cluster.name === called ? hostOf(cluster) : undefined
  if (!rpc_tls || host === undefined) return cluster
  const shown = { tls_certificates: [certificateOf(rpc_tls)], alpn_protocols: ["h2"] }
  return { ...cluster, transport_socket: upstreamTls(host, rpc_tls.ca, shown) }
}

/** A path is in no span: its query may hold a signature, and that of a webhook is as good as a key. */
const tracingTo = (otlp_url: string) => ({
  max_path_tag_length: 0,
  provider: {
    name: "envoy.tracers.opentelemetry",
    typed_config: {
      "@type": tracer_type,
      service_name: "wf-gateway",
      http_service: {
        http_uri: { uri: `${otlp_url.replace(/\/$/, "")}/v1/traces`, cluster: collector, timeout: "5s" },
      },
    },
  },
})

/** A handshake that isn't finished by then is ended. */
const handshake = "10s"

/** The same gateway, with what is asked for. */
export const withParts = (base: GatewayConfiguration, parts: GatewayParts): GatewayConfiguration => {
  const { tls, otlp_url } = parts
  const secured = tls && { transport_socket: listenerTls(tls), transport_socket_connect_timeout: handshake }
  const traced = otlp_url === undefined ? {} : { tracing: tracingTo(otlp_url) }
  const { listeners, clusters } = base.static_resources
  return {
    ...base,
    static_resources: {
      ...base.static_resources,
      listeners: listeners.map((listener) => ({
        ...listener,
        filter_chains: listener.filter_chains.map((chain) => ({
          ...chain,
          ...secured,
          filters: chain.filters.map((filter) => ({
            ...filter,
            typed_config: { ...filter.typed_config, ...traced },
          })),
        })),
      })),
      clusters: [
        ...clusters.map((cluster) => withCalls(cluster, parts)),
        ...(otlp_url === undefined ? [] : [collectorOf(otlp_url)]),
      ],
    },
  }
}
