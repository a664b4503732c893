import { attemptKey } from "./chunk.ts"
import { type Cursor, max_places, type Place } from "./cursor.ts"

/** How far one attempt's log has been read. */
export type Track = {
  readonly task_run_id: string
  readonly attempt: number
  readonly key: string
  /** When its first chunk came; undefined while that isn't known. */
  opened: number | undefined
  chunk: number
  line: number
  /** How many chunks it wrote, once it has said so. */
  announced: number | undefined
  task: string | undefined
  closed: boolean
}

export const openTrack = (attempt: { task_run_id: string; attempt: number }): Track => ({
  task_run_id: attempt.task_run_id,
  attempt: attempt.attempt,
  key: attemptKey(attempt),
  opened: undefined,
  chunk: 0,
  line: 0,
  announced: undefined,
  task: undefined,
  closed: false,
})

export const closeIfRead = (track: Track): void => {
  if (track.announced !== undefined && track.chunk >= track.announced) track.closed = true
}

export const placeOf = ({ task_run_id, attempt, chunk, line }: Track): Place => ({
  task_run_id,
  attempt,
  chunk,
  line,
})

const isTouched = ({ chunk, line }: Track): boolean => chunk > 0 || line > 0

/**
 * The shortest cursor that neither skips nor repeats a line. Beyond `max_places` attempts at once it may repeat
 * some, but still skips none.
 */
export const cursorOf = (tracks: Iterable<Track>, discovered: number): Cursor => {
  let since = discovered
  for (const track of tracks) {
    if (!isTouched(track) && track.opened !== undefined) since = Math.min(since, track.opened)
  }
  const listed: Track[] = []
  for (const track of tracks) {
    const isNewer = track.opened === undefined || track.opened >= since
    if (isTouched(track) && (isNewer || !track.closed)) listed.push(track)
  }
  if (listed.length > max_places) {
    listed.sort((a, b) => Number(a.closed) - Number(b.closed) || (b.opened ?? 0) - (a.opened ?? 0))
    for (const dropped of listed.splice(max_places)) {
      if (!dropped.closed) since = Math.min(since, dropped.opened ?? 0)
    }
  }
  return { since, places: listed.map(placeOf) }
}
