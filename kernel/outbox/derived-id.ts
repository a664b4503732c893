import { hash } from "node:crypto"

const namespace_bytes = 16

/** A UUIDv5: the same fact has the same id, however often it is told. */
export const derivedId = (namespace: string, name: string): string => {
  const bytes = Buffer.allocUnsafe(namespace_bytes + Buffer.byteLength(name))
  bytes.write(namespace.replaceAll("-", ""), 0, "hex")
  bytes.write(name, namespace_bytes)
  const hex = hash("sha1", bytes)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
