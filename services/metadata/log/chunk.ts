import type { Document } from "#kernel/documents/documents.ts"

export const streams = ["stdout", "stderr", "system"] as const

export type Stream = (typeof streams)[number]

type StoredLine = readonly [at_ms: number, stream: Stream, text: string]

/** A piece of an attempt's log; chunks count from 0 within their attempt, without gaps. */
export type NewChunk = {
  readonly workspace_id: string
  readonly run_id: string
  readonly task_run_id: string
  readonly task: string
  readonly attempt: number
  readonly chunk: number
  readonly first_line: number
  readonly lines: readonly StoredLine[]
}

/** As it is stored, with when it came, in microseconds: no two of one instance have the same. */
export type Chunk = Document & NewChunk & { readonly arrived: number }

type Place = { readonly task_run_id: string; readonly attempt: number; readonly chunk: number }

export const attemptKey = ({ task_run_id, attempt }: Omit<Place, "chunk">): string =>
  `${task_run_id}:${attempt}`

export const chunkId = (place: Place): string => `${attemptKey(place)}:${place.chunk}`
