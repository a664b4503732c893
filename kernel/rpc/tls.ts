import { createPrivateKey, X509Certificate } from "node:crypto"

/** What a service shows its peers, and the authority that has to vouch for them; all as PEM. */
export type RpcTls = { readonly certificate: string; readonly key: string; readonly ca: string }

const oldest = "TLSv1.2"
const handshake_ms = 10_000

/** For a server that takes only clients with a certificate of the authority. */
export const serverTls = ({ certificate, key, ca }: RpcTls) => ({
  ...({ cert: certificate, key, ca, minVersion: oldest, handshakeTimeout: handshake_ms } as const),
  requestCert: true,
  rejectUnauthorized: true,
})

/** For a client that shows its own, and takes a server only by the name that it is called by. */
export const clientTls = ({ certificate, key, ca }: RpcTls) =>
  ({ cert: certificate, key, ca, minVersion: oldest, rejectUnauthorized: true }) as const

const parsed = (name: keyof RpcTls, parse: () => unknown): readonly string[] => {
  try {
    parse()
    return []
  } catch {
    return [`${name} is no PEM of the right kind`]
  }
}

/** What keeps these from being used; without this they would fail at the first call. */
export const tlsFaults = ({ certificate, key, ca }: RpcTls): readonly string[] => {
  const faults = [
    ...parsed("certificate", () => new X509Certificate(certificate)),
    ...parsed("key", () => createPrivateKey(key)),
    ...parsed("ca", () => new X509Certificate(ca)),
  ]
  if (faults.length > 0) return faults
  const is_pair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  return is_pair ? [] : ["key is not that of certificate"]
}
