import { maskText } from "#language/mask/masker.ts"
import { rest } from "../follow.ts"
import type { Held, LogChunk, WorkerApi } from "./api.ts"
import { isRefusal, isUnreadable } from "./errors.ts"
import { kit } from "./kit.ts"

/** Writes lines to the task's log. */
export type WorkLog = {
  (text: string): void
  error(text: string): void
}

export type AttemptLog = {
  readonly log: WorkLog
  /** Seals the last chunk; answers how many there were. */
  end(): number
}

type Source = Held & { readonly worker_id: string; readonly forms: readonly string[] }

/** Brings the lines of all attempts to the platform: in numbered chunks, again until they are stored. */
export type Shipper = {
  open(source: Source): AttemptLog
  /** Waits until what is sealed is stored, or until `limit_ms` have passed. */
  flush(limit_ms: number): Promise<void>
}

/** As they are sent: an empty line has its time and its names, too. A batch of full chunks fits into a request. */
const max_chunk_bytes = 60_000
const max_chunk_ms = 200
const max_line_chars = 16_384
const max_chunk_lines = 5_000
const max_batch = 30
/** What comes while more than this is under way is left out, and the log says so. */
const max_pending_bytes = 8 * 1024 * 1024
const retry_ms = { first: 100, max: 5_000 }

type Sealed = { readonly worker_id: string; readonly chunk: LogChunk; readonly bytes: number }

type Line = LogChunk["lines"][number]

const bytesOf = (line: Line): number => new TextEncoder().encode(JSON.stringify(line)).length

export const createShipper = (api: Pick<WorkerApi, "logs">): Shipper => {
  const queue: Sealed[] = []
  let pending_bytes = 0
  let sending: Promise<void> | undefined

  const sendBatch = deliverTo(api)

  const send = async (): Promise<void> => {
    for (let [first] = queue; first; [first] = queue) {
      const { worker_id } = first
      const other = queue.findIndex((one) => one.worker_id !== worker_id)
      const batch = queue.slice(0, Math.min(other === -1 ? queue.length : other, max_batch))
      await sendBatch(
        worker_id,
        batch.map(({ chunk }) => chunk),
      )
      queue.splice(0, batch.length)
      for (const { bytes } of batch) pending_bytes -= bytes
    }
    sending = undefined
  }

  const seal = (sealed: Sealed): void => {
    queue.push(sealed)
    pending_bytes += sealed.bytes
    sending ??= send()
  }

  return {
    open: (source) => openLog(source, { seal, isFull: () => pending_bytes > max_pending_bytes }),
    async flush(limit_ms) {
      const done = new AbortController()
      await Promise.race([sending, rest(limit_ms, done.signal)])
      done.abort()
    },
  }
}

/**
 * Again until it is stored. What the platform can't read is no reason to lose what came with it: the chunks are brought
 * one by one then, and the one that it is about says that it had lines.
 */
const deliverTo = (api: Pick<WorkerApi, "logs">) => {
  const isRead = async (worker_id: string, chunks: readonly LogChunk[]): Promise<boolean> => {
    for (let wait_ms = retry_ms.first; ; wait_ms = Math.min(wait_ms * 2, retry_ms.max)) {
      try {
        await api.logs(worker_id, chunks)
        return true
      } catch (error) {
        // The lines of an attempt that somebody else has are wanted by nobody.
        if (isRefusal(error)) return !isUnreadable(error)
        await rest(wait_ms, undefined)
      }
    }
  }
  return async (worker_id: string, chunks: readonly LogChunk[]): Promise<void> => {
    if (await isRead(worker_id, chunks)) return
    for (const chunk of chunks) {
      if (!(await isRead(worker_id, [chunk]))) await isRead(worker_id, [emptied(chunk)])
    }
  }
}

/** Its place is filled, so that nobody waits for it. */
const emptied = (chunk: LogChunk): LogChunk => {
  const text = `warning: ${chunk.lines.length} lines are left out: the platform doesn't take them.`
  return { ...chunk, lines: [{ at: kit.now().toISOString(), stream: "system", text }] }
}

type Shipping = { readonly seal: (sealed: Sealed) => void; readonly isFull: () => boolean }

const openLog = ({ worker_id, forms, ...held }: Source, { seal, isFull }: Shipping): AttemptLog => {
  let [number, first_line, bytes, left_out] = [0, 0, 0, 0]
  let lines: Line[] = []
  let ended = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const close = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (lines.length === 0) return
    seal({ worker_id, bytes, chunk: { ...held, chunk: number, first_line, lines } })
    number += 1
    first_line += lines.length
    lines = []
    bytes = 0
  }

  const add = (stream: Line["stream"], text: string): void => {
    const line = { at: kit.now().toISOString(), stream, text }
    const size = bytesOf(line)
    if (bytes + size > max_chunk_bytes || lines.length >= max_chunk_lines) close()
    lines.push(line)
    bytes += size
    timer ??= setTimeout(close, max_chunk_ms)
  }

  const write = (stream: Line["stream"], text: string): void => {
    if (ended) return
    const pieces = maskText(String(text), forms).split(/\r?\n/).flatMap(cut)
    if (isFull()) {
      left_out += pieces.length
      return
    }
    if (left_out > 0) add("system", leftOut(left_out))
    left_out = 0
    for (const piece of pieces) add(stream, piece)
  }

  return {
    log: Object.assign((text: string) => write("stdout", text), {
      error: (text: string) => write("stderr", text),
    }),
    end() {
      if (left_out > 0) add("system", leftOut(left_out))
      close()
      ended = true
      return number
    },
  }
}

const leftOut = (count: number): string =>
  `warning: ${count} lines are left out: they came faster than they could be stored.`

const cut = (line: string): readonly string[] => {
  if (line.length <= max_line_chars) return [line]
  const pieces: string[] = []
  for (let at = 0; at < line.length; at += max_line_chars) pieces.push(line.slice(at, at + max_line_chars))
  return pieces
}
