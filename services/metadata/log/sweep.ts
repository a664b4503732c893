import { logChunks } from "../collections.ts"
import { attemptKey, type Chunk, chunkId } from "./chunk.ts"
import { discover, learn } from "./discover.ts"
import { type LogLine, linesOf } from "./line.ts"
import { cursorsFor, type Reading } from "./reading.ts"
import { closeIfRead, placeOf, type Track } from "./track.ts"

/** Chunks read at once; each has 64 KB. */
const max_chunks = 32
/** A busy attempt doesn't hold the others up for longer. */
const max_rounds = 8

/** Yields everything that is there and wasn't read; answers whether there was anything. */
export async function* sweep(reading: Reading): AsyncGenerator<LogLine, boolean> {
  await discover(reading)
  const open = [...reading.tracks.values()].filter((track) => !track.closed)
  open.sort((a, b) => (a.opened ?? 0) - (b.opened ?? 0))
  let progressed = reading.more
  for (let from = 0; from < open.length; from += max_chunks) {
    progressed = (yield* readSlice(reading, open.slice(from, from + max_chunks))) || progressed
  }
  return progressed
}

async function* readSlice(reading: Reading, slice: readonly Track[]): AsyncGenerator<LogLine, boolean> {
  let progressed = false
  for (let round = 0; round < max_rounds; round += 1) {
    const open = slice.filter((track) => !track.closed)
    if (open.length === 0) break
    await learn(reading, open)
    let found = false
    for (const chunk of await readNext(reading, open)) {
      const isNext = yield* emit(reading, chunk)
      found ||= isNext
    }
    for (const track of open) closeIfRead(track)
    if (!found) break
    progressed = true
  }
  return progressed
}

/** The next chunks of each attempt, by their ids: what is not there yet is asked for again in the next round. */
const readNext = async (reading: Reading, open: readonly Track[]): Promise<readonly Chunk[]> => {
  const { archive, wanted } = reading
  const { run_id, workspace_id } = wanted
  const ahead = Math.max(1, Math.floor(max_chunks / open.length))
  const ids = open.flatMap((track) => {
    const place = placeOf(track)
    return Array.from({ length: ahead }, (_, index) => chunkId({ ...place, chunk: place.chunk + index }))
  })
  const query = { where: { run_id, workspace_id, id: { in: ids } }, order: [], limit: ids.length }
  const found = (await archive.look(logChunks, query)) as readonly Chunk[]
  const there = new Map(found.map((chunk) => [chunk.id, chunk]))
  return ids.flatMap((id) => there.get(id) ?? [])
}

/** The lines of a chunk, if it is the one that comes next in its attempt. */
function* emit(reading: Reading, chunk: Chunk): Generator<LogLine, boolean> {
  const track = reading.tracks.get(attemptKey(chunk))
  if (!track || chunk.chunk !== track.chunk) return false
  track.task = chunk.task
  const cursor = cursorsFor(reading, track)
  const lines = linesOf(chunk)
  for (let index = track.line; index < lines.length; index += 1) {
    const isLast = index === lines.length - 1
    const line = lines[index]
    track.line = isLast ? 0 : index + 1
    track.chunk = chunk.chunk + (isLast ? 1 : 0)
    if (line) yield { cursor: cursor(placeOf(track)), ...line }
  }
  track.line = 0
  track.chunk = chunk.chunk + 1
  return true
}
