import { create } from "@bufbuild/protobuf"
import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import {
  type LogChunk,
  LogChunkSchema,
  type MetadataService,
} from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import type { LogStream } from "../executor/executor.ts"

export type LogSource = {
  readonly task_run_id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly task: string
  readonly attempt: number
}

export type AttemptLog = {
  write(stream: LogStream, text: string): Promise<void>
  /** Seals the last chunk; answers how many there were. */
  end(): number
}

/** Brings the lines of all attempts to their store: in chunks, in batches, again until they are acknowledged. */
export type Shipper = {
  open(source: LogSource): AttemptLog
  /** Waits until everything sealed so far is stored, or until `limit_ms` have passed. */
  flush(limit_ms: number): Promise<void>
}

const max_chunk_bytes = 64 * 1024
/** How long a line may wait for others: after a silence hardly at all, since somebody may be watching. */
const linger_ms = { quiet: 20, busy: 100 }
const silence_ms = 300
/** Of a line's time, stream and lengths. */
const line_overhead_bytes = 24
const max_batch_chunks = 50
/** Writers wait while more than this is under way. */
const max_pending_bytes = 8 * 1024 * 1024
const retry_ms = { first: 100, max: 5_000 }

type Sealed = { readonly chunk: LogChunk; readonly bytes: number }

export type ShipperOptions = {
  readonly metadata: Client<typeof MetadataService>
  readonly log: Log
  readonly now: () => Date
}

export const createShipper = ({ metadata, log, now }: ShipperOptions): Shipper => {
  const queue: Sealed[] = []
  let pending_bytes = 0
  let sending: Promise<void> | undefined
  let roomy: (() => void)[] = []

  const offer = async (batch: readonly Sealed[]): Promise<"stored" | "refused" | "away"> => {
    try {
      await metadata.appendLogs({ chunks: batch.map(({ chunk }) => chunk) })
      return "stored"
    } catch (error) {
      log.warn({ event: "logs.not_stored", chunks: batch.length, error })
      return isRefusal(error) ? "refused" : "away"
    }
  }

  const sendBatch = async (batch: readonly Sealed[]): Promise<void> => {
    let wait_ms = retry_ms.first
    let outcome = await offer(batch)
    while (outcome === "away") {
      await Bun.sleep(wait_ms)
      wait_ms = Math.min(wait_ms * 2, retry_ms.max)
      outcome = await offer(batch)
    }
    // One chunk that nobody takes must not hold up the log of every other task.
    if (outcome === "refused" && batch.length > 1) for (const one of batch) await sendBatch([one])
  }

  const send = async () => {
    while (queue.length > 0) {
      const batch = queue.slice(0, max_batch_chunks)
      await sendBatch(batch)
      queue.splice(0, batch.length)
      for (const { bytes } of batch) pending_bytes -= bytes
      const waiting = roomy
      roomy = []
      for (const go of waiting) go()
    }
    sending = undefined
  }

  const seal = (chunk: LogChunk, bytes: number) => {
    queue.push({ chunk, bytes })
    pending_bytes += bytes
    sending ??= send()
  }

  const room = async () => {
    while (pending_bytes > max_pending_bytes) await new Promise<void>((resolve) => roomy.push(resolve))
  }

  return {
    open: (source) => lateLog({ source, seal, room, now }),
    async flush(limit_ms) {
      if (sending) await Promise.race([sending, Bun.sleep(limit_ms)])
    },
  }
}

/** What is not taken as it is will never be. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 400 || error.status === 413 || error.status === 422)

/** Opened by its first line: most functions write nothing. */
const lateLog = (opening: Opening): AttemptLog => {
  let log: AttemptLog | undefined
  let ended = false
  return {
    async write(stream, text) {
      // The number of chunks has been reported: a later one would not be waited for.
      if (ended) return
      log ??= openLog(opening)
      await log.write(stream, text)
    },
    end() {
      ended = true
      return log?.end() ?? 0
    },
  }
}

type Opening = {
  readonly source: LogSource
  readonly seal: (chunk: LogChunk, bytes: number) => void
  readonly room: () => Promise<void>
  readonly now: () => Date
}

const openLog = ({ source, seal, room, now }: Opening): AttemptLog => {
  const { task_run_id: taskRunId, run_id: runId, workspace_id: workspaceId, task, attempt } = source
  let number = 0
  let first_line = 0
  let lines: { atMs: bigint; stream: string; text: string }[] = []
  let bytes = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed_ms = Number.NEGATIVE_INFINITY

  const close = () => {
    clearTimeout(timer)
    timer = undefined
    closed_ms = performance.now()
    if (lines.length === 0) return
    const message = {
      taskRunId,
      runId,
      workspaceId,
      task,
      attempt,
      chunk: number,
      firstLine: BigInt(first_line),
      lines,
    }
    // A job has no run, and nobody keeps what it prints.
    if (runId !== "") seal(create(LogChunkSchema, message), bytes)
    number += 1
    first_line += lines.length
    lines = []
    bytes = 0
  }

  const isQuiet = () => performance.now() - closed_ms > silence_ms

  return {
    async write(stream, text) {
      const line_bytes = Buffer.byteLength(text) + line_overhead_bytes
      if (bytes + line_bytes > max_chunk_bytes) close()
      lines.push({ atMs: BigInt(now().getTime()), stream, text })
      bytes += line_bytes
      timer ??= setTimeout(close, isQuiet() ? linger_ms.quiet : linger_ms.busy)
      await room()
    },
    end() {
      close()
      return number
    },
  }
}
