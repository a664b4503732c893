import { closeSync, openSync, renameSync, statSync } from "node:fs"
import type { Account } from "./account.ts"

/**
 * Runs PostgreSQL until it ends or until our end of the pipe closes, which it also does when we are killed.
 * First line on stdout: its pid. SIGINT is its fast shutdown, SIGQUIT its immediate one.
 */
const script = `
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
postgres=$!
echo "$postgres"
(
  while read -r _; do :; done <&3
  kill -"$WF_STOP_SIGNAL" "$postgres"
  tenths=0
  while kill -0 "$postgres" && [ "$tenths" -lt 40 ]; do sleep 0.1; tenths=$((tenths + 1)); done
  kill -QUIT "$postgres"
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$postgres"
status=$?
kill "$watcher" 2>/dev/null
if [ -n "$WF_SCRAP" ]; then cd / && rm -rf -- "$WF_SCRAP"; fi
exit "$status"
`

type Command = {
  readonly command: readonly string[]
  readonly account: Account
  readonly log_file: string
  /** Data that nobody will want again: ended at once, and removed by the one who outlives us. */
  readonly scrap: string | undefined
}

export type Supervised = {
  readonly pid: Promise<number>
  readonly exited: Promise<number>
  /** Closes the pipe, as our own death would. */
  letGo(): void
}

const max_log_bytes = 8_000_000

const openLog = (path: string): number => {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > max_log_bytes) renameSync(path, `${path}.old`)
  return openSync(path, "a", 0o600)
}

const firstLine = async (stream: ReadableStream<Uint8Array>): Promise<number> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes("\n")) break
  }
  return Number.parseInt(text, 10)
}

export const supervise = ({ command, account, log_file, scrap }: Command): Supervised => {
  const log = openLog(log_file)
  // A session of its own, so that Ctrl-C in the terminal reaches us alone and we end it in order.
  const child = Bun.spawn(["/bin/sh", "-c", script, "wf-postgres", ...command], {
    ...account,
    cwd: "/",
    env: {
      PATH: "/usr/bin:/bin",
      LC_ALL: "C",
      TZ: "UTC",
      // Otherwise a backend gives its memory back to the system after each transaction and asks for it again.
      MALLOC_TRIM_THRESHOLD_: "33554432",
      MALLOC_TOP_PAD_: "1048576",
      WF_STOP_SIGNAL: scrap === undefined ? "INT" : "QUIT",
      WF_SCRAP: scrap ?? "",
    },
    stdin: "pipe",
    stdout: "pipe",
    stderr: log,
    detached: true,
  })
  closeSync(log)
  child.unref()
  return {
    pid: firstLine(child.stdout),
    exited: child.exited,
    letGo: () => {
      child.stdin.end()
    },
  }
}
