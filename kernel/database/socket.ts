import net from "node:net"
import tls from "node:tls"
import type { Address } from "./address.ts"

const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)
const sslAccepted = 83

const plainSocket = (address: Address): net.Socket =>
  address.host.startsWith("/")
    ? net.connect({ path: `${address.host}/.s.PGSQL.${address.port}` })
    : net.connect({ host: address.host, port: address.port, noDelay: true })

const happened = (socket: net.Socket, event: "connect" | "secureConnect" | "data"): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once("error", reject)
    socket.once("close", () => reject(new Error("The connection was closed while it was being opened")))
  })

const encrypted = async (
  socket: net.Socket,
  address: Address,
  seen: (socket: net.Socket) => void,
): Promise<net.Socket> => {
  const answer = happened(socket, "data")
  socket.write(sslRequest)
  if ((await answer)[0] !== sslAccepted) throw new Error("The server does not offer encryption")
  const name = net.isIP(address.host) === 0 ? { servername: address.host } : {}
  const secure = tls.connect({ socket, rejectUnauthorized: address.encryption === "verify-full", ...name })
  seen(secure)
  await happened(secure, "secureConnect")
  return secure
}

/** Opens one connection, once; `seen` gets each socket on the way, so that it can be destroyed. */
export const connectSocket = async (
  address: Address,
  seen: (socket: net.Socket) => void,
): Promise<net.Socket> => {
  const socket = plainSocket(address)
  seen(socket)
  await happened(socket, "connect")
  return address.encryption === "disable" ? socket : encrypted(socket, address, seen)
}
