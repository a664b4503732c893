import { createLines } from "./lines.ts"

/** Brings a process's output to its log, line by line. */
export type OutputCopy = {
  readonly ended: Promise<void>
  /** How many pieces have come. */
  pieces(): number
  /** What came is still being written. */
  isWriting(): boolean
  /** Takes nothing more; what came before is written. */
  cut(): Promise<void>
}

export const copyOutput = (
  stream: ReadableStream<Uint8Array>,
  write: (line: string) => Promise<void>,
): OutputCopy => {
  const reader = stream.getReader()
  let pieces = 0
  let is_writing = false

  const copy = async () => {
    const lines = createLines()
    for (;;) {
      is_writing = false
      const { done, value } = await reader.read()
      is_writing = true
      pieces += 1
      if (done) break
      for (const line of lines.push(value)) await write(line)
    }
    for (const line of lines.end()) await write(line)
  }

  const ended = copy()
  return {
    ended,
    pieces: () => pieces,
    isWriting: () => is_writing,
    async cut() {
      await reader.cancel()
      await ended
    },
  }
}
