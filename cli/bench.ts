import { rest } from "#sdk/follow.ts"
import { type Options, text } from "./command.ts"
import { readNumber } from "./duration.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import {
  count,
  duration,
  type Figure,
  perSecond,
  printFigures,
  rate,
  spreadFigures,
  spreadOf,
} from "./figures.ts"
import type { Io } from "./io.ts"
import { type Loaded, startLoad } from "./load.ts"

const max_concurrency = 10_000
const looks_ms = { least: 20, most: 1_000 }
const tell_ms = 2_000

export const readSize = (options: Options): { readonly count: number; readonly concurrency: number } => {
  const wanted = readNumber("--count", text(options, "count")) ?? 1_000
  const concurrency = readNumber("--concurrency", text(options, "concurrency")) ?? 50
  if (wanted > 0 && concurrency > 0 && concurrency <= max_concurrency) return { count: wanted, concurrency }
  throw new Failure(exit_codes.usage, `--count is 1 or more, --concurrency is from 1 to ${max_concurrency}.`)
}

export type Bench = {
  /** What is created: `jobs`, `sequences`. */
  readonly noun: string
  readonly count: number
  readonly concurrency: number
  readonly create: (index: number) => Promise<unknown>
  /** How many of those are not at their end. */
  readonly left: () => Promise<number>
  /** What became of those that have ended, asked once. */
  readonly outcome: (created: number, done: number) => Promise<readonly Figure[]>
}

const teller = (io: Io, say: () => string): (() => void) => {
  if (!io.note_is_tty) return () => undefined
  const timer = setInterval(() => io.note(say()), tell_ms)
  return () => clearInterval(timer)
}

/** Looks more often when little is left. */
const untilDone = async ({ left }: Bench, created: number, io: Io): Promise<number> => {
  const from_ms = performance.now()
  let remaining = created
  const end = teller(io, () => `${created - remaining} of ${created} done`)
  try {
    for (;;) {
      remaining = await left()
      if (remaining === 0 || io.signal.aborted) return remaining
      const expected_ms = (remaining * (performance.now() - from_ms)) / Math.max(created - remaining, 1) / 2
      await rest(Math.min(Math.max(expected_ms, looks_ms.least), looks_ms.most), io.signal)
    }
  } finally {
    end()
  }
}

const createAll = async (bench: Bench, io: Io): Promise<Loaded> => {
  const { count: wanted, concurrency, create, noun } = bench
  const load = startLoad({ count: wanted, concurrency, signal: io.signal, once: create })
  const end = teller(io, () => `${load.soFar().answered} of ${wanted} ${noun} created`)
  try {
    await load.ended
    return load.soFar()
  } finally {
    end()
  }
}

/** Creates them, waits for their ends, and prints what was measured; after a Ctrl-C what was measured until then. */
export const runBench = async (bench: Bench, json: boolean, io: Io): Promise<number> => {
  const from_ms = performance.now()
  const { answered, refused, elapsed_ms, times_ms } = await createAll(bench, io)
  const remaining = io.signal.aborted ? await bench.left() : await untilDone(bench, answered, io)
  const total_ms = performance.now() - from_ms
  const done = Math.max(0, answered - remaining)
  const figures = [
    count("created", answered),
    rate("created_per_second", perSecond(answered, elapsed_ms)),
    ...spreadFigures("request", spreadOf(times_ms)),
    count("refused_for_now", refused),
    count("done", done),
    rate("done_per_second", perSecond(done, total_ms)),
    duration("elapsed_ms", total_ms),
    ...(await bench.outcome(answered, done)),
  ]
  printFigures(figures, json, io)
  return io.signal.aborted ? exit_codes.interrupted : exit_codes.done
}
