import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Archive } from "../archive.ts"
import { logChunks } from "../collections.ts"
import type { Chunk } from "./chunk.ts"
import { lineFilter, momentOf, type Sought } from "./filter.ts"
import { type LogLine, linesOf } from "./line.ts"
import { isOfTask } from "./of-task.ts"
import { plainText } from "./pattern.ts"
import { type Position, positionText, readPosition } from "./position.ts"
import { worksOf } from "./work.ts"

export type SearchLogs = Sought & {
  readonly until?: string | undefined
  readonly workflow?: string | undefined
  readonly task?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
  readonly signal: AbortSignal
}

/** A page is answered after this time with what was found until then, and goes on from there. */
const page_ms = 5_000
const usual_since = "24h"
/** So much later than it was written a line may come. */
const max_late_ms = 900_000
const max_keys = 128
/** Chunks read at once; each has 64 KB at most. */
const max_chunks = 16

/** Up to this time; of those that came at it only what is before this id. */
type Range = { readonly from: number; readonly upto: number; readonly before_id: string | undefined }

type Scan = {
  readonly archive: Archive
  readonly workspace_id: string
  readonly wanted: SearchLogs
  readonly range: Range
}

/** Lines of all runs of a workspace, the latest first by when they came. Whoever leaves ends the search. */
export const searchLogs =
  (archive: Archive) =>
  async (actor: Actor, wanted: SearchLogs): Promise<{ items: LogLine[]; next_cursor: string | null }> => {
    allow(actor, "log.read")
    const now = archive.kit.now()
    const since = momentOf("since", wanted.since ?? usual_since, now)
    const until = wanted.until === undefined ? undefined : momentOf("until", wanted.until, now)
    const { isWanted } = lineFilter({ ...wanted, since }, now)
    const after = wanted.cursor === undefined ? undefined : readPosition(wanted.cursor)
    const latest = until === undefined ? Number.MAX_SAFE_INTEGER : (Date.parse(until) + max_late_ms) * 1_000
    const upto = Math.min(latest, after?.arrived ?? latest)
    const range = { from: Date.parse(since) * 1_000, upto, before_id: after?.id }
    const scan = { archive, workspace_id: actor.workspace_id, wanted, range }
    const isMeant = (line: LogLine) => isWanted(line) && (until === undefined || line.at < until)
    const until_ms = performance.now() + page_ms
    const items: LogLine[] = []
    let position = after
    for await (const { line, place } of linesBackFrom(scan, after)) {
      position = place
      if (line !== undefined && isMeant(line)) items.push(line)
      const is_over = items.length === wanted.limit || performance.now() > until_ms || wanted.signal.aborted
      if (is_over) return { items, next_cursor: positionText(position) }
    }
    return { items, next_cursor: null }
  }

type Passed = { readonly line: LogLine | undefined; readonly place: Position }

async function* linesBackFrom(scan: Scan, after: Position | undefined): AsyncGenerator<Passed> {
  const { archive, wanted } = scan
  const works = worksOf(archive, wanted.workflow)
  if (after !== undefined) {
    const where = { id: after.id, workspace_id: scan.workspace_id }
    const [same] = await archive.documents.find(logChunks, { where, order: [], limit: 1 })
    // Of what was removed meanwhile the rest is not missed.
    if (same) yield* backThrough(same as Chunk, after.line)
  }
  for await (const chunks of chunksBack(scan)) {
    const mine = await works(chunks.filter(({ task }) => isOfTask(wanted.task, task)))
    for (const chunk of mine) {
      yield* backThrough(chunk, chunk.lines.length)
      // The search goes on between chunks only as fast as others get their turn.
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    const last = chunks.at(-1)
    if (last) yield { line: undefined, place: { arrived: last.arrived, id: last.id, line: 0 } }
  }
}

function* backThrough(chunk: Chunk, before: number): Generator<Passed> {
  const lines = linesOf(chunk)
  for (let line = Math.min(before, lines.length) - 1; line >= 0; line -= 1) {
    const found = lines[line]
    const place = { arrived: chunk.arrived, id: chunk.id, line }
    if (found) yield { line: { cursor: positionText(place), ...found }, place }
  }
}

/** By their names first: of those only the ones that may have something are read whole. */
async function* chunksBack({ archive, workspace_id, wanted, range }: Scan): AsyncGenerator<readonly Chunk[]> {
  const text = wanted.grep === undefined ? undefined : plainText(wanted.grep)
  const containing = text === undefined ? [] : [JSON.stringify(text).slice(1, -1)]
  const order = [
    ["arrived", "desc"],
    ["id", "desc"],
  ] as const
  let { upto, before_id } = range
  for (;;) {
    const where = { workspace_id, arrived: { gte: range.from, lte: upto } }
    const query = { where, order, limit: max_keys, fields_only: true }
    const page = (await archive.documents.find(logChunks, query)) as readonly Chunk[]
    // Instances may have taken chunks at the very same time.
    const keys = page.filter(({ arrived, id }) => arrived < upto || before_id === undefined || id < before_id)
    for (let from = 0; from < keys.length; from += max_chunks) {
      const some = keys.slice(from, from + max_chunks)
      const ids = { in: some.map(({ id }) => id) }
      const whole = { where: { workspace_id, id: ids }, order, limit: some.length, containing }
      const found = (await archive.documents.find(logChunks, whole)) as readonly Chunk[]
      const [end] = some.slice(-1)
      yield found.length > 0 || end === undefined ? found : [{ ...end, lines: [] }]
    }
    const last = page.at(-1)
    if (last === undefined || page.length < max_keys) return
    upto = last.arrived
    before_id = last.id
  }
}
