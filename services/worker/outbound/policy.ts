import { inNetworks, isPublic, parseNetwork } from "./address.ts"

/** What may be called. */
export type Policy = {
  /** Whether a host may be asked for at all. */
  allowsHost(host: string): boolean
  /** Whether an address that the host's name stands for may be called. */
  allowsAddress(host: string, address: string): boolean
}

export type PolicyOptions = {
  /** Networks, addresses and hosts that may be called although they are private. */
  readonly allow: readonly string[]
  /** If there are any, nothing but these hosts is called. */
  readonly only: readonly string[]
}

const host_pattern = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/** Whether it can stand in a list: a network, an address, a host, or `*.` with what hosts end with. */
export const isPolicyEntry = (text: string): boolean =>
  parseNetwork(text) !== undefined || host_pattern.test(text.toLowerCase())

const isNamed = (pattern: string, host: string): boolean =>
  pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern

export const createPolicy = ({ allow, only }: PolicyOptions): Policy => {
  const isAllowed = listed(allow)
  const isOne = listed(only)
  return {
    allowsHost: (host) => only.length === 0 || isOne(host, host),
    allowsAddress: (host, address) => isPublic(address) || isAllowed(host, address),
  }
}

const listed = (entries: readonly string[]): ((host: string, address: string) => boolean) => {
  const networks = entries.flatMap((entry) => parseNetwork(entry) ?? [])
  const names = entries.filter((entry) => parseNetwork(entry) === undefined).map((name) => name.toLowerCase())
  const isInside = inNetworks(networks)
  return (host, address) => isInside(address) || names.some((name) => isNamed(name, host))
}
