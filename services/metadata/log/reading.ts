import type { Condition } from "#kernel/documents/documents.ts"
import type { Archive } from "../archive.ts"
import { attemptKey } from "./chunk.ts"
import { type Cursor, cursorWriter, type Place, type Scope } from "./cursor.ts"
import { conditionOf } from "./of-task.ts"
import { cursorOf, openTrack, type Track } from "./track.ts"

export type Wanted = Scope & { readonly workspace_id: string; readonly after?: Cursor | undefined }

/** A run's log being read, chunk after chunk of each attempt: how far it has come. */
export type Reading = {
  readonly archive: Archive
  readonly wanted: Wanted
  /** Which chunks are meant. */
  readonly filter: Readonly<Record<string, Condition>>
  readonly tracks: Map<string, Track>
  /** Attempts whose first chunk came before are known, or were read to their end. */
  discovered: number
  /** Whether there may be more attempts to discover at once. */
  more: boolean
  /** Whether an attempt never said how much it wrote. */
  unannounced: boolean
}

export const trackOf = (reading: Reading, named: { task_run_id: string; attempt: number }): Track => {
  const key = attemptKey(named)
  const track = reading.tracks.get(key) ?? openTrack(named)
  reading.tracks.set(key, track)
  return track
}

export const openReading = (archive: Archive, wanted: Wanted): Reading => {
  const { run_id, workspace_id, task, attempt, after } = wanted
  const filter = {
    run_id,
    workspace_id,
    ...(task !== undefined && { task: conditionOf(task) }),
    ...(attempt !== undefined && { attempt }),
  }
  const discovered = after?.since ?? 0
  const reading: Reading = {
    archive,
    wanted,
    filter,
    tracks: new Map(),
    discovered,
    more: false,
    unannounced: false,
  }
  for (const place of after?.places ?? []) {
    const track = trackOf(reading, place)
    track.chunk = place.chunk
    track.line = place.line
  }
  return reading
}

/** Makes the cursors of lines of one track while the others stand where they are. */
export const cursorsFor = (
  { wanted, tracks, discovered }: Reading,
  track: Track,
): ((place: Place) => string) => {
  const others = [...tracks.values()].filter((other) => other !== track)
  return cursorWriter(wanted, cursorOf(others, discovered))
}
