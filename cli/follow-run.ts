import type { Client } from "#sdk/client.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Run } from "#sdk/shapes.ts"
import { asJson } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { followLive, leftWords } from "./follow-live.ts"
import type { Io } from "./io.ts"
import { linePrinter } from "./log-prefix.ts"
import { outcomeCode } from "./outcome.ts"
import { eventLine, summaryLines } from "./progress.ts"

export type Following = {
  readonly client: Client
  readonly run_id: string
  readonly json: boolean
  /** Log lines among the changes. */
  readonly logs: boolean
  /** Line by line, also for a person at a terminal. */
  readonly plain: boolean
  readonly timeout_ms: number | undefined
  /** How long lines may still come after the run has ended. */
  readonly last_lines_ms?: number
}

/** Shows a run's changes and lines as they come, until it has ended; answers the code of its outcome. */
export const followRun = async (following: Following, io: Io): Promise<number> => {
  const { client, run_id, json } = following
  const leave = new AbortController()
  const timer =
    following.timeout_ms === undefined
      ? undefined
      : setTimeout(() => leave.abort("timeout"), following.timeout_ms)
  const stop = () => leave.abort("interrupt")
  if (io.signal.aborted) stop()
  else io.signal.addEventListener("abort", stop)
  try {
    if (io.takes_keys && !json && !following.plain) {
      return await followLive({ client, run_id, signal: leave.signal }, io)
    }
    const over = new AbortController()
    const until = AbortSignal.any([leave.signal, over.signal])
    const lines = following.logs ? showLines(following, until, io) : Promise.resolve()
    await showEvents(following, leave.signal, io)
    if ((await lastLines(lines, following)) === "late") {
      over.abort()
      io.note(lateWords(following))
    }
    const run = await client.runs.get(run_id)
    showEnd(run, json, io)
    return outcomeCode(run)
  } catch (error) {
    if (!leave.signal.aborted) throw error
    throw left(leave.signal.reason, run_id)
  } finally {
    clearTimeout(timer)
    io.signal.removeEventListener("abort", stop)
    leave.abort("done")
  }
}

const left = (reason: unknown, run_id: string): Failure => {
  if (reason !== "timeout") return new Failure(exit_codes.interrupted, leftWords(run_id))
  const words = `The run has not ended in time. The run goes on; \`wf watch ${run_id}\` follows it again.`
  return new Failure(exit_codes.timed_out, words)
}

const showEvents = async (
  { client, run_id, json }: Following,
  signal: AbortSignal,
  io: Io,
): Promise<void> => {
  for await (const event of client.runs.watch(run_id, { signal })) {
    const line = json ? asJson(event) : eventLine(io, event)
    if (line !== undefined) io.out(line)
  }
}

/** A log that can't be had must not hide how the run went. */
const showLines = async (following: Following, signal: AbortSignal, io: Io): Promise<void> => {
  const { client, run_id } = following
  const shown = linePrinter(io)
  try {
    for await (const line of client.runs.logs(run_id, { follow: true, signal })) io.out(shown(line))
  } catch (error) {
    if (signal.aborted) return
    // The run was begun, so that only the archive has not heard of it yet.
    const is_early = error instanceof WfProblem && error.status === 404
    if (is_early) io.note(lateWords(following))
    else io.note(`(log lines are missing: ${error instanceof Error ? error.message : error})`)
  }
}

/** Just after an outage lines come later than the run's end; that some are not here yet must not go unsaid. */
const lastLines = async (
  lines: Promise<void>,
  { last_lines_ms = 5_000 }: Following,
): Promise<"late" | undefined> => {
  const late = new Promise<"late">((resolve) => setTimeout(resolve, last_lines_ms, "late").unref())
  return (await Promise.race([lines, late])) ?? undefined
}

const lateWords = ({ run_id }: Following): string => `(log lines are late: \`wf logs ${run_id}\` shows them)`

const showEnd = (run: Run, json: boolean, io: Io): void => {
  if (json) io.out(asJson(run))
  else for (const line of summaryLines(io, run)) io.out(line)
}
