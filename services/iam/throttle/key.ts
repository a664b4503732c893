import { hashOf } from "../token/secret.ts"
import type { RuleName } from "./rules.ts"

/** What is counted, and by which rule. */
export type Counter = { readonly rule: RuleName; readonly of: string }

const mapped = /^::ffff:(?=\d+\.)/i

/** Whoever has one IPv6 address has 2^64 of them. */
export const placeOf = (address: string | undefined): string => {
  if (address === undefined) return "unknown"
  const plain = address.replace(mapped, "")
  return plain.includes(":") ? networkOf(plain) : plain
}

const groups = 8
const network_groups = 4

const networkOf = (address: string): string => {
  const [head = "", tail] = address.toLowerCase().split("::")
  const front = head === "" ? [] : head.split(":")
  const back = tail === undefined || tail === "" ? [] : tail.split(":")
  const gap = tail === undefined ? 0 : Math.max(0, groups - front.length - back.length)
  const all = [...front, ...Array<string>(gap).fill("0"), ...back]
  return `${all
    .slice(0, network_groups)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}

export const keyOf = ({ rule, of }: Counter): Promise<Uint8Array> => hashOf(`${rule}\0${of}`)
