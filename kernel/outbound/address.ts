import { BlockList, isIP } from "node:net"

/** Networks that are not the public internet, as the registries of special addresses list them. */
const special_v4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const

/** Of version 6 only what is given out globally is public, and of that not what carries an address of version 4. */
const global_v6 = "2000::/3"
const special_v6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const

export type Network = { readonly address: string; readonly bits: number; readonly family: "ipv4" | "ipv6" }

/** "10.0.0.0/8", or one address. Undefined when it is neither. */
export const parseNetwork = (text: string): Network | undefined => {
  const [address = "", bits, ...rest] = text.split("/")
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const wanted = bits === undefined ? most : Number(bits)
  const is_sound = version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits ?? "0") && wanted <= most
  return is_sound ? { address, bits: wanted, family: version === 4 ? "ipv4" : "ipv6" } : undefined
}

const listOf = (networks: readonly Network[]): BlockList => {
  const list = new BlockList()
  for (const { address, bits, family } of networks) list.addSubnet(address, bits, family)
  return list
}

const parsed = (texts: readonly string[]): readonly Network[] =>
  texts.flatMap((text) => parseNetwork(text) ?? [])

const special = listOf(parsed([...special_v4, ...special_v6]))
const global = listOf(parsed([global_v6]))

/** An address of version 4 that is written as one of version 6. */
const unmapped = (address: string): string => {
  const tail = /^::ffff:(.+)$/i.exec(address)?.[1]
  if (tail === undefined) return address
  if (isIP(tail) === 4) return tail
  const [high, low] = tail.split(":").map((part) => Number.parseInt(part, 16))
  if (high === undefined || low === undefined) return address
  return [high >> 8, high & 255, low >> 8, low & 255].join(".")
}

/** Whether anybody on the internet could be called at this address. */
export const isPublic = (given: string): boolean => {
  const address = unmapped(given)
  const version = isIP(address)
  if (version === 4) return !special.check(address, "ipv4")
  return version === 6 && global.check(address, "ipv6") && !special.check(address, "ipv6")
}

/** Answers whether an address is in one of the networks. */
export const inNetworks = (networks: readonly Network[]): ((address: string) => boolean) => {
  const v4 = listOf(networks.filter(({ family }) => family === "ipv4"))
  const v6 = listOf(networks.filter(({ family }) => family === "ipv6"))
  return (given) => {
    const address = unmapped(given)
    if (isIP(address) === 0) return false
    return isIP(address) === 4 ? v4.check(address, "ipv4") : v6.check(address, "ipv6")
  }
}
