import type { Archive } from "../archive.ts"
import { requireRun } from "../run/find.ts"
import type { LogLine } from "./line.ts"
import { logLines } from "./lines.ts"

const max_lines = 100
/** Who asks wants a glimpse, and waits for it. */
const search_ms = 5_000

type Asked = {
  readonly workspace_id: string
  readonly run_id: string
  readonly task: string
  readonly lines: number
}

/**
 * The last lines of a task, for other services. Whoever asks has just heard of the run's end, so that what is on its way is
 * waited for: all of a run that has ended, or what was there until the time was over.
 */
export const tailLogs =
  (archive: Archive) =>
  async ({ workspace_id, run_id, task, lines }: Asked): Promise<readonly LogLine[]> => {
    const signal = AbortSignal.timeout(search_ms)
    const isKnown = await requireRun(archive, { run_id, workspace_id }).then(
      () => true,
      () => false,
    )
    if (!isKnown) return []
    const wanted = { run_id, workspace_id, task: task || undefined, attempt: undefined, after: undefined }
    const until_ms = performance.now() + search_ms / 2
    const ahead = { tail: Math.min(lines, max_lines), start: "", until_ms, isWanted: () => true }
    const last: LogLine[] = []
    for await (const line of logLines(archive, wanted, { follow: true, signal, ahead })) {
      if (line === "idle") continue
      last.push(line)
      if (last.length > Math.min(lines, max_lines)) last.shift()
    }
    return last
  }
