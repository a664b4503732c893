import { createLines } from "./lines.ts"

/** How long, once the process has ended, its pipes are listened to without hearing anything. */
const max_silence_ms = 1_000

/** What pipes hold when the process ends is less; more comes from children that escaped and go on. */
const max_late_bytes = 4 * 1024 * 1024

/** However slowly the log takes what was printed. */
const max_drain_ms = 30_000

const look_ms = 50

type Take = (line: string) => Promise<void>

type Pipe = {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly take: Take
  waiting: boolean
  silent_ms: number
  late_bytes: number | undefined
}

/** What a process prints, line by line. */
export type Output = {
  /** The process has ended: takes the rest, and lets go of pipes that children who escaped still hold. */
  drain(): Promise<void>
}

export const copyOutput = (streams: readonly (readonly [ReadableStream<Uint8Array>, Take])[]): Output => {
  const pipes = streams.map(
    ([stream, take]): Pipe => ({
      reader: stream.getReader(),
      take,
      waiting: false,
      silent_ms: 0,
      late_bytes: undefined,
    }),
  )
  const copied = Promise.all(pipes.map(copy))
  return {
    async drain() {
      for (const pipe of pipes) pipe.late_bytes = 0
      const looking = setInterval(() => pipes.forEach(listen), look_ms)
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, max_drain_ms)
      await Promise.race([copied, late.promise])
      clearTimeout(timer)
      clearInterval(looking)
      for (const { reader } of pipes) await reader.cancel()
    },
  }
}

const copy = async (pipe: Pipe): Promise<void> => {
  const lines = createLines()
  for (;;) {
    pipe.waiting = true
    const { done, value } = await pipe.reader.read()
    pipe.waiting = false
    if (done) break
    for (const line of lines.push(value)) await pipe.take(line)
    if (pipe.late_bytes === undefined) continue
    pipe.late_bytes += value.length
    if (pipe.late_bytes > max_late_bytes) break
  }
  for (const line of lines.end()) await pipe.take(line)
}

/** Counts only silence: while lines wait for the log, nothing is given up. */
const listen = (pipe: Pipe): void => {
  if (!pipe.waiting) return
  pipe.silent_ms += look_ms
  if (pipe.silent_ms >= max_silence_ms) void pipe.reader.cancel()
}
