import type { Query } from "#kernel/documents/documents.ts"
import { logChunks } from "../collections.ts"
import type { Chunk } from "./chunk.ts"
import { discover } from "./discover.ts"
import { type LogLine, linesOf } from "./line.ts"
import type { Reading } from "./reading.ts"
import type { Track } from "./track.ts"

export type Ahead = {
  readonly tail: number | undefined
  /** Lines from before are not wanted; as RFC 3339. */
  readonly start: string
  /** By performance.now(): what was found until then is given. */
  readonly until_ms: number
  readonly isWanted: (line: Omit<LogLine, "cursor">) => boolean
}

/** Where more attempts than this have written, they are read from their beginnings. */
const max_attempts = 100
const max_chunks = 8
/** A line's time is its worker's, its chunk's is ours. */
const max_skew_ms = 60_000

/** Passes over what isn't wanted, so that the end of a long log is read without its beginning. */
export const goAhead = async (reading: Reading, ahead: Ahead): Promise<void> => {
  if (ahead.tail === undefined && ahead.start === "") return
  await discover(reading)
  if (reading.more || reading.tracks.size > max_attempts) return
  const start_us = ahead.start === "" ? 0 : (Date.parse(ahead.start) - max_skew_ms) * 1_000
  for (const track of reading.tracks.values()) {
    const from = start_us === 0 ? 0 : await firstSince(reading, track, start_us)
    track.chunk =
      from === undefined || ahead.tail === undefined
        ? (from ?? 0)
        : await firstOfTail(reading, track, { ...ahead, from })
  }
}

const some = async (
  { archive, wanted }: Reading,
  { task_run_id, attempt }: Track,
  more: Pick<Query, "where" | "order" | "limit" | "fields_only">,
): Promise<readonly Chunk[]> => {
  const { run_id, workspace_id } = wanted
  const where = { run_id, workspace_id, task_run_id, attempt, ...more.where }
  return (await archive.look(logChunks, { ...more, where })) as readonly Chunk[]
}

/** Undefined where none has come since; then all of it is read, which costs little where that is little. */
const firstSince = async (reading: Reading, track: Track, start_us: number): Promise<number | undefined> => {
  const where = { arrived: { gte: start_us } }
  const [first] = await some(reading, track, {
    where,
    order: [["chunk", "asc"]],
    limit: 1,
    fields_only: true,
  })
  if (first) return first.chunk
  const [last] = await some(reading, track, {
    where: {},
    order: [["chunk", "desc"]],
    limit: 1,
    fields_only: true,
  })
  return last && last.chunk + 1
}

/** Goes back from the last chunk until there are as many wanted lines, in an unbroken row. */
const firstOfTail = async (
  reading: Reading,
  track: Track,
  { tail = 0, isWanted, from, until_ms }: Ahead & { readonly from: number },
): Promise<number> => {
  let found = 0
  let before: number | undefined
  for (;;) {
    const bounds = { gte: from, ...(before !== undefined && { lt: before }) }
    const chunks = await some(reading, track, {
      where: { chunk: bounds },
      order: [["chunk", "desc"]],
      limit: max_chunks,
    })
    for (const chunk of chunks) {
      // What is missing here may still come: all behind it is waited for as ever.
      if (before !== undefined && chunk.chunk !== before - 1) return from
      found += linesOf(chunk).filter(isWanted).length
      before = chunk.chunk
      if (found >= tail || performance.now() > until_ms) return before
    }
    if (chunks.length < max_chunks) return from
  }
}
