import type { Server, ServerWebSocket, WebSocketHandler } from "bun"
import { Problem } from "#kernel/problem/problem.ts"
import { problemResponse } from "./door.ts"

/** What one WebSocket says: the events of a stream. */
export type Talk = { readonly events: ReadableStream<Uint8Array>; leave(): void }

type Fetch = (request: Request) => Response | Promise<Response>

type Opening = {
  readonly fetch: Fetch
  readonly origins: readonly string[]
  readonly server: Server<Talk>
}

export const isUpgrade = ({ headers }: Request): boolean =>
  headers.get("upgrade")?.toLowerCase() === "websocket"

/** A page may be anybody's: only those of this very host, and of origins that are listed. Programs say no origin. */
const isForeign = ({ headers }: Request, origins: readonly string[]): boolean => {
  const origin = headers.get("origin")
  if (origin === null || origins.includes(origin)) return false
  return URL.parse(origin)?.host !== headers.get("host")
}

/**
 * Whatever answers a stream of events answers it to a WebSocket as well: the same door lets in, and the same checks end it.
 * Anything else that is answered goes out as it is, and there is no socket.
 */
export const openSocket = async (
  request: Request,
  { fetch, origins, server }: Opening,
): Promise<Response | undefined> => {
  if (isForeign(request, origins)) return problemResponse(new Problem("request.cross_origin"))
  const answer = await fetch(request)
  const streams = answer.headers.get("content-type")?.startsWith("text/event-stream")
  if (!streams || !answer.ok || answer.body === null) return answer
  const events = answer.body
  if (server.upgrade(request, { data: { events, leave: () => undefined } })) return undefined
  await events.cancel()
  return problemResponse(new Problem("request.malformed", { detail: "This is no opening of a WebSocket." }))
}

const max_message_bytes = 1_024
const max_waiting_bytes = 1024 * 1024
const codes = { done: 1000, refused: 1008, broken: 1011 } as const

type Sent = { readonly id: string; readonly event: string; readonly data: unknown }

/** One event of a stream as a message; undefined for a sign of life. */
const messageOf = (block: string): string | undefined => {
  const fields = new Map(
    block.split("\n").map((line) => {
      const [, name = "", value = ""] = /^(\w*): ?(.*)$/.exec(line) ?? []
      return [name, value] as const
    }),
  )
  const data = fields.get("data")
  if (data === undefined) return undefined
  const sent: Sent = {
    id: fields.get("id") ?? "",
    event: fields.get("event") ?? "",
    data: JSON.parse(data) as unknown,
  }
  return JSON.stringify(sent)
}

const drained = new WeakMap<ServerWebSocket<Talk>, () => void>()

/** Waits while whoever reads is slow, so that nothing heaps up here. */
const say = async (socket: ServerWebSocket<Talk>, text: string): Promise<void> => {
  if (socket.send(text) !== -1) return
  await new Promise<void>((resolve) => drained.set(socket, resolve))
}

const pass = async (socket: ServerWebSocket<Talk>, reader: ReadableStreamDefaultReader<Uint8Array>) => {
  const decoder = new TextDecoder()
  let open = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (open + decoder.decode(value, { stream: true })).split("\n\n")
    open = blocks.pop() ?? ""
    for (const block of blocks) {
      const message = messageOf(block)
      if (message === undefined) socket.ping()
      else await say(socket, message)
    }
  }
}

const follow = async (socket: ServerWebSocket<Talk>): Promise<void> => {
  const reader = socket.data.events.getReader()
  Object.assign(socket.data, { leave: () => void reader.cancel().catch(() => undefined) })
  try {
    await pass(socket, reader)
    socket.close(codes.done)
  } catch (error) {
    // Whoever was let in and may not be here any more is told that it is no fault of the line.
    if (error instanceof Problem && error.status < 500) socket.close(codes.refused, error.code)
    else socket.close(codes.broken)
  }
}

/** Bun's side of it. What a client says is nothing to us, and may be only small. */
export const sockets: WebSocketHandler<Talk> = {
  maxPayloadLength: max_message_bytes,
  backpressureLimit: max_waiting_bytes,
  closeOnBackpressureLimit: true,
  open: (socket) => void follow(socket),
  message: () => undefined,
  drain: (socket) => drained.get(socket)?.(),
  close: (socket) => {
    drained.get(socket)?.()
    socket.data.leave()
  },
}
