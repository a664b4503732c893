import { constants } from "node:os"
import { createInterface } from "node:readline/promises"
import { Writable } from "node:stream"
import { exit_codes } from "./exit.ts"
import type { Io } from "./io.ts"

const wantsColor = (environment: NodeJS.ProcessEnv, is_tty: boolean): boolean => {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== "") return false
  return is_tty && environment.TERM !== "dumb"
}

/** Where nobody sits a terminal is only a log. */
const isForPeople = ({ CI, TERM }: NodeJS.ProcessEnv): boolean =>
  TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false")

/** A reader that went away, as `head` does, is no error: there is just nobody to write for. */
const endOnFailure = (stream: NodeJS.WriteStream): void => {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE)
    if (stream !== process.stderr)
      process.stderr.write(`wf: The output can't be written: ${error.message}.\n`)
    process.exit(exit_codes.failed)
  })
}

/** A line that is written over; nothing where nobody sees it. */
const statusLine = (): ((text: string) => void) => {
  if (!process.stderr.isTTY) return () => undefined
  let isShown = false
  return (text) => {
    if (!isShown && text === "") return
    isShown = text !== ""
    process.stderr.write(`\r\u001b[2K${text.slice(0, Math.max(0, (process.stderr.columns || 80) - 1))}`)
  }
}

/** All that is said; what goes on gives way to it. */
const speech = (): Pick<Io, "out" | "note" | "status" | "write"> => {
  const status = statusLine()
  return {
    out: (line) => {
      status("")
      process.stdout.write(`${line}\n`)
    },
    note: (line) => {
      status("")
      process.stderr.write(`${line}\n`)
    },
    status,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        status("")
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
  }
}

/** Of a person at a terminal; of nobody, nothing. */
const asking = (signal: AbortSignal) => {
  const isThere = () => process.stdin.isTTY && process.stderr.isTTY
  return {
    ask: async (question: string): Promise<string | undefined> => {
      if (!isThere()) return undefined
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await lines.question(question, { signal })
      } finally {
        lines.close()
      }
    },
    askHidden: async (question: string): Promise<string | undefined> => {
      if (!isThere()) return undefined
      process.stderr.write(question)
      // What readline would show of the typing goes nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
      const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
      lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
      try {
        return await lines.question("", { signal })
      } finally {
        lines.close()
        process.stderr.write("\n")
      }
    },
  }
}

export const terminal = (environment: NodeJS.ProcessEnv): Io => {
  const interrupt = new AbortController()
  process.on("SIGINT", () => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort()
  })
  endOnFailure(process.stdout)
  endOnFailure(process.stderr)
  const out_is_tty = process.stdout.isTTY ?? false
  return {
    ...asking(interrupt.signal),
    ...speech(),
    out_is_tty,
    note_is_tty: process.stderr.isTTY ?? false,
    takes_keys: out_is_tty && process.stdin.isTTY === true && isForPeople(environment),
    // A terminal that nobody has told its size says 0.
    columns: process.stdout.columns || 80,
    rows: process.stdout.rows || 24,
    color: wantsColor(environment, out_is_tty),
    note_color: wantsColor(environment, process.stderr.isTTY ?? false),
    environment,
    now: () => new Date(),
    signal: interrupt.signal,
    fetch: (request) => fetch(request),
    hush: () => void process.stdin.setRawMode(true),
    readStdin: async () => {
      const pieces: Buffer[] = []
      for await (const piece of process.stdin) pieces.push(piece as Buffer)
      return Buffer.concat(pieces).toString("utf8")
    },
  }
}
