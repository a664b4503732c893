import { createLines } from "./lines.ts"

/** Brings a process's output to its log, line by line. */
export type OutputCopy = {
  readonly ended: Promise<void>
  /** For how long nothing has come; 0 while what came is still being written. */
  waitingMs(): number
  /** Takes nothing more; what came before is written. */
  cut(): Promise<void>
}

export const copyOutput = (
  stream: ReadableStream<Uint8Array>,
  write: (line: string) => Promise<void>,
): OutputCopy => {
  const reader = stream.getReader()
  let waiting_since_ms: number | undefined

  const copy = async () => {
    const lines = createLines()
    for (;;) {
      waiting_since_ms = performance.now()
      const { done, value } = await reader.read()
      waiting_since_ms = undefined
      if (done) break
      for (const line of lines.push(value)) await write(line)
    }
    for (const line of lines.end()) await write(line)
  }

  const ended = copy()
  return {
    ended,
    waitingMs: () => (waiting_since_ms === undefined ? 0 : performance.now() - waiting_since_ms),
    async cut() {
      await reader.cancel()
      await ended
    },
  }
}
