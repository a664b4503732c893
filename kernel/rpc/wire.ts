import type { IncomingHttpHeaders } from "node:http2"
import { Code, ConnectError } from "@connectrpc/connect"

/** gRPC's own way to write a call of one message and one answer. */

const prefix_bytes = 5

/** A message as it goes over the wire: whether it is compressed, how long it is, and itself. */
export const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(prefix_bytes + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefix_bytes)
  return frame
}

/** Takes the pieces of a message. */
export type Frame = {
  /** Whether it is too large by now. */
  take(piece: Buffer): boolean
  message(): Uint8Array
}

export const createFrame = (max_bytes: number): Frame => {
  const pieces: Buffer[] = []
  let bytes = 0
  return {
    take(piece) {
      bytes += piece.length
      if (bytes > max_bytes + prefix_bytes) return true
      pieces.push(piece)
      return false
    },
    message() {
      const [only] = pieces
      const whole = pieces.length === 1 && only ? only : Buffer.concat(pieces)
      if (whole.length < prefix_bytes) throw new ConnectError("a message is missing", Code.InvalidArgument)
      if (whole[0] !== 0) throw new ConnectError("the message is compressed", Code.Internal)
      if (whole.readUInt32BE(1) !== whole.length - prefix_bytes)
        throw new ConnectError("one message was expected", Code.InvalidArgument)
      return whole.subarray(prefix_bytes)
    },
  }
}

export const content_type = "application/grpc+proto"

/** Whether a request is of a kind that is read here. */
export const isPlain = (headers: IncomingHttpHeaders): boolean => {
  const { "content-type": type, "grpc-encoding": encoding = "identity" } = headers
  return encoding === "identity" && (type === content_type || type === "application/grpc")
}

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }
const max_digits = 8

/** How long the caller waits; undefined where it doesn't say, or not in a way that means anything. */
export const timeLimit = (headers: IncomingHttpHeaders): number | undefined => {
  const [, digits, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(String(headers["grpc-timeout"] ?? "")) ?? []
  return digits === undefined ? undefined : Math.min(Number(digits) * (units[unit] ?? 1), 2 ** 31 - 1)
}

export const limitText = (limit_ms: number): string =>
  `${Math.min(Math.max(Math.ceil(limit_ms), 0), 10 ** max_digits - 1)}m`

/** What is sent in place of an answer, and after one. */
export const statusOf = (error: ConnectError): Record<string, string> => ({
  ...Object.fromEntries(error.metadata),
  "grpc-status": String(error.code),
  "grpc-message": encodeURIComponent(error.rawMessage.toWellFormed()),
})

export const status_ok = { "grpc-status": "0" } as const

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Undefined where the call went well. Who says nothing has not answered. */
export const failureIn = (headers: IncomingHttpHeaders): ConnectError | undefined => {
  const status = headers["grpc-status"]
  if (status === "0") return undefined
  if (status === undefined) return new ConnectError("the call was cut off", Code.Unavailable)
  const code = Number(status)
  const message = decoded(String(headers["grpc-message"] ?? ""))
  return new ConnectError(message, code in Code ? code : Code.Unknown, plainHeaders(headers))
}

/** As the rest of the platform reads them: without what is HTTP/2's own. */
export const plainHeaders = (headers: IncomingHttpHeaders): Headers => {
  const plain = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue
    plain.set(name, Array.isArray(value) ? value.join(", ") : value)
  }
  return plain
}
