import type { Socket } from "bun"

export type Answer = { readonly status: number; readonly body: string }

export type Request = { readonly method: "GET" | "POST"; readonly path: string; readonly body?: string }

/** One HTTP/1.1 connection that is kept, one request at a time: cheap, because it shares the cores with what it measures. */
export type Connection = { ask(request: Request): Promise<Answer>; close(): void }

type Head = { readonly status: number; readonly length: number | undefined }

/** One character a byte, so that lengths are right; what is looked for is ASCII. */
const encoding = "latin1"
const blank = "\r\n\r\n"

const headOf = (text: string): Head => {
  const length = /\ncontent-length: *(\d+)/i.exec(text)?.[1]
  const chunked = /\ntransfer-encoding: *chunked/i.test(text)
  return { status: Number(text.slice(9, 12)), length: chunked ? undefined : Number(length ?? 0) }
}

/** Takes bytes as they come, and answers once a whole answer is there. */
const createReader = () => {
  let rest = ""
  let head: Head | undefined
  let body = ""

  const readHead = () => {
    const end = rest.indexOf(blank)
    if (end < 0) return
    head = headOf(rest.slice(0, end))
    rest = rest.slice(end + blank.length)
    body = ""
  }

  const readChunk = (): "more" | "again" | "end" => {
    const line = rest.indexOf("\r\n")
    if (line < 0) return "more"
    const size = Number.parseInt(rest.slice(0, line), 16)
    const end = line + 2 + size
    if (rest.length < end + 2) return "more"
    body += rest.slice(line + 2, end)
    rest = rest.slice(end + 2)
    return size === 0 ? "end" : "again"
  }

  const isWhole = (length: number | undefined): boolean => {
    if (length === undefined) {
      let step = readChunk()
      while (step === "again") step = readChunk()
      return step === "end"
    }
    if (rest.length < length) return false
    body = rest.slice(0, length)
    rest = rest.slice(length)
    return true
  }

  return (bytes: Buffer): Answer | undefined => {
    rest += bytes.toString(encoding)
    if (head === undefined) readHead()
    if (head === undefined || !isWhole(head.length)) return undefined
    const answer = { status: head.status, body }
    head = undefined
    return answer
  }
}

export const openConnection = async (url: string, token: string): Promise<Connection> => {
  const { hostname, port, host } = new URL(url)
  const read = createReader()
  let waiting: PromiseWithResolvers<Answer> | undefined
  let unsent = Buffer.alloc(0)
  const flush = (socket: Socket) => {
    const written = socket.write(unsent)
    unsent = unsent.subarray(Math.max(0, written))
  }
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, bytes) {
        const answer = read(bytes)
        if (answer !== undefined) waiting?.resolve(answer)
      },
      drain: flush,
      close: () => waiting?.reject(new Error(`${url} closed the connection`)),
      error: (_, error) => waiting?.reject(error),
    },
  })
  const headers = `Host: ${host}\r\nAuthorization: Bearer ${token}\r\n`
  return {
    ask({ method, path, body }) {
      waiting = Promise.withResolvers()
      const content =
        body === undefined
          ? blank.slice(2)
          : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}${blank}${body}`
      unsent = Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers}${content}`)
      flush(socket)
      return waiting.promise
    },
    close: () => void socket.end(),
  }
}
