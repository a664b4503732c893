import type { Archive } from "../archive.ts"
import { findRun } from "../run/find.ts"
import { announce } from "./discover.ts"
import { skipGaps } from "./gaps.ts"
import type { LogLine } from "./line.ts"
import { openReading, type Reading, type Wanted } from "./reading.ts"
import { sweep } from "./sweep.ts"

/** Another instance's chunks aren't signalled here, so a follower also looks by itself. */
const look_ms = 250
const retry_ms = 1_000
/** A store that is away for longer ends the stream as broken. */
const max_failures = 60

export type Following = { readonly follow: boolean; readonly signal: AbortSignal }

type Ending = {
  /** When this reader saw that the run had ended. */
  seen_ms: number | undefined
  /** When it ended by its own account, for those who come later. */
  finished_at_ms: number
}

/** Brings a reading up to date; answers whether there was anything new. */
async function* catchUp(reading: Reading, ending: Ending): AsyncGenerator<LogLine, boolean> {
  const run = await findRun(reading.archive, reading.wanted)
  if (run?.ended && ending.seen_ms === undefined) {
    // An ended run announces nothing new, so once is enough.
    await announce(reading)
    ending.finished_at_ms = run.finished_at === undefined ? 0 : Date.parse(run.finished_at)
    ending.seen_ms = performance.now()
  }
  return yield* sweep(reading)
}

/** Whether all that is missing has been waited for long enough. */
const isOver = (reading: Reading, ending: Ending, follow: boolean): boolean => {
  if (ending.seen_ms === undefined) return false
  const { gap_ms, unannounced_ms } = reading.archive.patience
  const missing = [...reading.tracks.values()].some(
    ({ closed, announced }) => !closed && announced !== undefined,
  )
  const wait_ms = missing ? gap_ms : reading.unannounced ? unannounced_ms : 0
  const waited_ms = follow
    ? performance.now() - ending.seen_ms
    : reading.archive.kit.now().getTime() - ending.finished_at_ms
  return waited_ms >= wait_ms
}

/**
 * A run's lines from a cursor on: each once, in order within their attempt. "idle" says that everything there is
 * has been given. Ends there, or when following, once the run has ended and all it announced is given or missed.
 */
export async function* logLines(
  archive: Archive,
  wanted: Wanted,
  { follow, signal }: Following,
): AsyncGenerator<LogLine | "idle"> {
  const reading = openReading(archive, wanted)
  const ending: Ending = { seen_ms: undefined, finished_at_ms: 0 }
  let failures = 0
  while (!signal.aborted) {
    // Awaited before the read, so that a chunk between the read and the wait is not slept through.
    const moved = archive.moved.next(wanted.run_id, look_ms, signal)
    try {
      if (yield* catchUp(reading, ending)) continue
      const is_over = isOver(reading, ending, follow)
      if (is_over && (yield* skipGaps(reading))) continue
      if (is_over || !follow) return
      failures = 0
    } catch (error) {
      failures += 1
      if (!follow || failures > max_failures) throw error
      archive.log.warn({ event: "logs.not_read", run_id: wanted.run_id, failures, error })
      await archive.moved.next("", retry_ms, signal)
    }
    yield "idle"
    await moved
  }
}
