import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { isIP } from "node:net"

/** A certificate and its private key, as PEM. */
export type Certified = { readonly certificate: string; readonly key: string }

export type Authority = Certified & {
  /** Certifies a server or client by these names: of hosts, or addresses of IPv4. */
  certify(...names: readonly string[]): Certified
}

const sequence = 0x30
const names_of_types = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  id: 0x06,
  text: 0x0c,
  set: 0x31,
  time: 0x17,
}

/** A value as X.509 writes it (DER): its type, its length, its content. */
const der = (type: number, ...content: readonly Uint8Array[]): Buffer => {
  const whole = Buffer.concat(content)
  return Buffer.concat([Buffer.from([type, ...sizeOf(whole.length)]), whole])
}

/** In as few bytes as can be. */
const sizeOf = (length: number): readonly number[] => {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

const id = (hex: string): Buffer => der(names_of_types.id, Buffer.from(hex, "hex"))
const ids = {
  common_name: id("550403"),
  basic: id("551d13"),
  names: id("551d11"),
  ecdsa: id("2a8648ce3d040302"),
}
const is_true = Buffer.from([0x01, 0x01, 0xff])
const version_3 = Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02])

const nameOf = (text: string): Buffer => {
  const value = der(names_of_types.text, Buffer.from(text))
  return der(sequence, der(names_of_types.set, der(sequence, ids.common_name, value)))
}

const timeOf = (at: Date): Buffer =>
  der(names_of_types.time, Buffer.from(`${at.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`))

const alternative = (name: string): Buffer =>
  isIP(name) === 4 ? der(0x87, Buffer.from(name.split(".").map(Number))) : der(0x82, Buffer.from(name))

const isAuthority = (): Buffer =>
  der(sequence, ids.basic, is_true, der(names_of_types.octets, der(sequence, is_true)))

const isNamed = (names: readonly string[]): Buffer =>
  der(sequence, ids.names, der(names_of_types.octets, der(sequence, ...names.map(alternative))))

type Wanted = {
  readonly subject: string
  readonly issuer: string
  readonly extension: Buffer
  /** Of the issuer; its own, if it is undefined. */
  readonly issuer_key?: KeyObject
}

const hour_ms = 3_600_000

const issue = ({ subject, issuer, extension, issuer_key }: Wanted) => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const algorithm = der(sequence, ids.ecdsa)
  const now_ms = Date.now()
  const body = der(
    sequence,
    version_3,
    der(names_of_types.integer, Buffer.from([1]), randomBytes(8)),
    algorithm,
    nameOf(issuer),
    der(sequence, timeOf(new Date(now_ms - hour_ms)), timeOf(new Date(now_ms + 24 * hour_ms))),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(sequence, extension)),
  )
  const signature = sign("sha256", body, { key: issuer_key ?? privateKey, dsaEncoding: "der" })
  const whole = der(sequence, body, algorithm, der(names_of_types.bits, Buffer.from([0]), signature))
  const lines = whole.toString("base64").replaceAll(/.{64}/g, "$&\n")
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  return { certificate, key, private_key: privateKey }
}

/** A certificate authority for one test, whose certificates last a day. */
export const createAuthority = (name = "wf-test"): Authority => {
  const { private_key, ...own } = issue({ subject: name, issuer: name, extension: isAuthority() })
  return {
    ...own,
    certify(...names) {
      const wanted = { subject: names[0] ?? "", issuer: name, extension: isNamed(names) }
      const { certificate, key } = issue({ ...wanted, issuer_key: private_key })
      return { certificate, key }
    },
  }
}
