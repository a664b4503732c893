import { logChunks } from "../collections.ts"
import type { Chunk } from "./chunk.ts"
import type { LogLine } from "./line.ts"
import { cursorsFor, type Reading } from "./reading.ts"
import { openTrack, placeOf, type Track } from "./track.ts"

/** The next chunk that is there behind the missing ones. */
const nextThere = async ({ archive, wanted }: Reading, track: Track): Promise<number | undefined> => {
  const { task_run_id, attempt, chunk } = track
  const { run_id, workspace_id } = wanted
  const [next] = (await archive.look(logChunks, {
    where: { run_id, workspace_id, task_run_id, attempt, chunk: { gt: chunk } },
    order: [["chunk", "asc"]],
    limit: 1,
    fields_only: true,
  })) as readonly Chunk[]
  return next?.chunk
}

const statement = (track: Track, end: number): string => {
  const missing = end - track.chunk
  const which = missing === 1 ? `Chunk ${track.chunk}` : `Chunks ${track.chunk} to ${end - 1}`
  return `[wf] Lines are missing here: ${which} of this attempt's log never came.`
}

/** What the platform says in a run's log, where it is being read. */
export const statementOf = (reading: Reading, why: string): LogLine => {
  const { wanted, tracks, archive } = reading
  // Where nothing was written yet, the run itself stands for what begins at the beginning.
  const track = [...tracks.values()].at(-1) ?? openTrack({ task_run_id: wanted.run_id, attempt: 0 })
  return {
    cursor: cursorsFor(reading, track)(placeOf(track)),
    ...{ run_id: wanted.run_id, task: track.task ?? wanted.task ?? "", attempt: track.attempt },
    ...{ stream: "system", level: "error", at: archive.kit.now().toISOString(), text: `[wf] ${why}` },
  }
}

/** States what is missing in each attempt that isn't read to its end, and goes on behind it. */
export async function* skipGaps(reading: Reading): AsyncGenerator<LogLine, boolean> {
  let found = false
  for (const track of [...reading.tracks.values()]) {
    if (track.closed) continue
    const end = (await nextThere(reading, track)) ?? track.announced
    if (end === undefined || end <= track.chunk) continue
    found = true
    const text = statement(track, end)
    track.chunk = end
    track.line = 0
    yield {
      cursor: cursorsFor(reading, track)(placeOf(track)),
      run_id: reading.wanted.run_id,
      task: track.task ?? "",
      attempt: track.attempt,
      stream: "system",
      level: "warn",
      at: reading.archive.kit.now().toISOString(),
      text,
    }
  }
  return found
}
