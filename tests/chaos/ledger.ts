import { closeSync, existsSync, openSync, readFileSync } from "node:fs"

const kinds = ["begin", "end", "fail"] as const

/** What an attempt itself says, outside of the platform. */
export type Entry = {
  readonly kind: (typeof kinds)[number]
  /** Of the task or job, as its script knows it. */
  readonly id: string
  readonly attempt: number
  /** The process that runs the worker. */
  readonly worker_pid: number
  readonly at_ms: number
}

export const createLedger = (path: string): void => closeSync(openSync(path, "a", 0o666))

type Noted = {
  readonly ledger: string
  /** May name variables that the task has. */
  readonly id: string
  readonly seconds: number
  /** Attempts up to this one fail. */
  readonly failures?: number
}

/** A script that says when it begins and how it ends, each line appended and synchronised before it goes on. */
export const notedScript = ({ ledger, id, seconds, failures = 0 }: Noted): string =>
  [
    `note() { echo "$1 ${id} $WF_ATTEMPT $PPID $(date +%s%3N)" | dd of=${ledger} oflag=append conv=notrunc,fsync status=none; }`,
    "note begin",
    `sleep ${seconds.toFixed(2)}`,
    `[ "$WF_ATTEMPT" -gt ${failures} ] || { note fail; exit 1; }`,
    "note end",
  ].join("; ")

const isKind = (text: string): text is Entry["kind"] => (kinds as readonly string[]).includes(text)

const entryOf = (line: string): Entry => {
  const [kind = "", id = "", attempt, pid, at] = line.split(" ")
  if (!isKind(kind) || at === undefined) throw new Error(`The ledger has a line that nobody wrote: ${line}`)
  return { kind, id, attempt: Number(attempt), worker_pid: Number(pid), at_ms: Number(at) }
}

export const readLedger = (path: string): readonly Entry[] => {
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : ""
  return text === "" ? [] : text.split("\n").map(entryOf)
}
