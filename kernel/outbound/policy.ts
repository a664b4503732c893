import { z } from "zod"
import { inNetworks, isPublic, parseNetwork } from "./address.ts"

/** What may be called. */
export type Policy = {
  /** The settings that whoever runs it can change this by. */
  readonly settings: PolicySettings
  /** Whether a host may be asked for at all. */
  allowsHost(host: string): boolean
  /** Whether an address that the host's name stands for may be called. */
  allowsAddress(host: string, address: string): boolean
}

type PolicySettings = { readonly allow: string; readonly only: string }

export type PolicyOptions = {
  readonly settings: PolicySettings
  /** Networks, addresses and hosts that may be called although they are private. */
  readonly allow: readonly string[]
  /** If there are any, nothing but these hosts is called. */
  readonly only: readonly string[]
}

const host_pattern = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/** Whether it can stand in a list: a network, an address, a host, or `*.` with what hosts end with. */
const isPolicyEntry = (text: string): boolean =>
  parseNetwork(text) !== undefined || host_pattern.test(text.toLowerCase())

/** A list of them, as a setting has it. */
export const policyEntries = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((entry) => entry.trim() || []))
  .refine(
    (entries) => entries.every(isPolicyEntry),
    "networks (10.0.0.0/8), addresses and hosts (*.example.com), with commas between",
  )

const isNamed = (pattern: string, host: string): boolean =>
  pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern

export const createPolicy = ({ settings, allow, only }: PolicyOptions): Policy => {
  const isAllowed = listed(allow)
  const isOne = listed(only)
  return {
    settings,
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
