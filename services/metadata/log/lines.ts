import type { Archive } from "../archive.ts"
import { findRun } from "../run/find.ts"
import type { Woken } from "../run/signal.ts"
import { type Ahead, goAhead } from "./ahead.ts"
import { announce } from "./discover.ts"
import { skipGaps, statementOf } from "./gaps.ts"
import type { LogLine } from "./line.ts"
import { openReading, type Reading, type Wanted } from "./reading.ts"
import { sweep } from "./sweep.ts"
import { rested } from "./turns.ts"

/** Another instance's chunks aren't signalled here, so of those who follow the same there is always one who looks. */
const look_ms = 250
const retry_ms = 1_000
/** A store that is away for longer ends the stream as broken. */
const max_failures = 60

export type Following = { readonly follow: boolean; readonly signal: AbortSignal }

type Way = Following & { readonly ahead: Ahead }

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

/** How long what is missing may still come: 0 once it has been waited for long enough, undefined while the run goes on. */
const restMs = (reading: Reading, ending: Ending, follow: boolean): number | undefined => {
  if (ending.seen_ms === undefined) return undefined
  const { gap_ms, unannounced_ms } = reading.archive.patience
  const missing = [...reading.tracks.values()].some(
    ({ closed, announced }) => !closed && announced !== undefined,
  )
  const wait_ms = missing ? gap_ms : reading.unannounced ? unannounced_ms : 0
  const waited_ms = follow
    ? performance.now() - ending.seen_ms
    : reading.archive.kit.now().getTime() - ending.finished_at_ms
  return Math.max(0, wait_ms - waited_ms)
}

type Progress = {
  readonly reading: Reading
  readonly ending: Ending
  begun: boolean
  /** What followers were told of why nothing comes. */
  told: string | undefined
  woken: Woken
  failures: number
}

/**
 * A run's lines from a cursor on: each once, in order within their attempt. "idle" says that everything there is
 * has been given. Ends there, or when following, once the run has ended and all it announced is given or missed.
 */
export async function* logLines(
  archive: Archive,
  wanted: Wanted,
  { follow, signal, ahead }: Way,
): AsyncGenerator<LogLine | "idle"> {
  const left = new AbortController()
  const progress: Progress = {
    reading: openReading(archive, wanted),
    ending: { seen_ms: undefined, finished_at_ms: 0 },
    begun: wanted.after !== undefined,
    told: undefined,
    // What is found before it has once come to the end is news to nobody else.
    woken: "told",
    failures: 0,
  }
  try {
    yield* inRounds(progress, { follow, ahead, signal: AbortSignal.any([signal, left.signal]) })
  } finally {
    left.abort()
  }
}

async function* inRounds(progress: Progress, way: Way): AsyncGenerator<LogLine | "idle"> {
  const { reading, ending } = progress
  let rest_ms: number | undefined
  while (!way.signal.aborted) {
    // Begun before the read, so that a chunk between the read and the wait is not slept through.
    const moved = way.follow ? nextMove(reading, rest_ms, way.signal) : undefined
    try {
      if (yield* news(progress, way)) continue
      rest_ms = restMs(reading, ending, way.follow)
      if (rest_ms === 0 && (yield* skipGaps(reading))) continue
      yield* troubleOf(progress)
      if (rest_ms === 0 || !way.follow) return
      progress.failures = 0
    } catch (error) {
      await rideOut(progress, way, error)
    }
    yield "idle"
    progress.woken = (await moved) ?? "look"
  }
}

/** Told once, for as long as it lasts; the lines go on behind it by themselves. */
function* troubleOf(progress: Progress): Generator<LogLine> {
  const { reading, told } = progress
  const why = reading.archive.troubles.of(reading.wanted.run_id)
  progress.told = why
  if (why !== undefined && why !== told) yield statementOf(reading, why)
}

/** The store may be away for a while. */
const rideOut = async (progress: Progress, { follow, signal }: Way, error: unknown): Promise<void> => {
  const { archive, wanted } = progress.reading
  progress.failures += 1
  const { failures } = progress
  if (!follow || failures > max_failures) throw error
  archive.log.warn({ event: "logs.not_read", run_id: wanted.run_id, failures, error })
  await rested(retry_ms, signal)
}

/** What there is new. Whoever found it without having been told tells the others who follow the run. */
async function* news(progress: Progress, { ahead }: Way): AsyncGenerator<LogLine, boolean> {
  const { reading, ending, woken } = progress
  if (!progress.begun) await goAhead(reading, ahead)
  progress.begun = true
  const { seen_ms } = ending
  const found = yield* catchUp(reading, ending)
  const has_ended = seen_ms === undefined && ending.seen_ms !== undefined
  if (woken === "look" && (found || has_ended)) reading.archive.moved.fire(reading.wanted.run_id)
  return found
}

const nextMove = (
  { archive, wanted }: Reading,
  rest_ms: number | undefined,
  signal: AbortSignal,
): Promise<Woken> => {
  const { run_id, workspace_id, task = null, attempt = null } = wanted
  const scope = JSON.stringify([workspace_id, task, attempt])
  const wait_ms = Math.min(archive.patience.heartbeat_ms, rest_ms ?? Number.POSITIVE_INFINITY)
  return archive.moved.next({ run_id, scope }, { look_ms, wait_ms, signal })
}
