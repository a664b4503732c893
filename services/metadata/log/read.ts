import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Archive } from "../archive.ts"
import { requireRun } from "../run/find.ts"
import { readCursor } from "./cursor.ts"
import { lineFilter, type Sought } from "./filter.ts"
import type { LogLine } from "./line.ts"
import { type Following, logLines } from "./lines.ts"
import { inTurns } from "./turns.ts"

type ReadLogs = Sought & {
  readonly run_id: string
  readonly task?: string | undefined
  readonly attempt?: number | undefined
  readonly cursor?: string | undefined
  readonly tail?: number | undefined
}

/** A page is answered after this time with what was found until then. */
const page_ms = 10_000

type Opening = ReadLogs & Following & { readonly until_ms: number }

type Opened = {
  readonly lines: AsyncGenerator<LogLine | "idle">
  readonly isWanted: (line: LogLine) => boolean
}

/** Checks everything that can be refused, before the first line is given. */
const openLines = async (archive: Archive, actor: Actor, given: Opening): Promise<Opened> => {
  allow(actor, "log.read")
  const { run_id, task, attempt, cursor, tail, until_ms } = given
  const { workspace_id } = actor
  const { isWanted, start } = lineFilter(given, archive.kit.now())
  const after = cursor === undefined ? undefined : readCursor({ run_id, task, attempt }, cursor)
  await requireRun(archive, { run_id, workspace_id })
  const wanted = { run_id, workspace_id, task, attempt, after }
  const way = { ...given, ahead: { tail, start, isWanted, until_ms } }
  return { lines: inTurns(logLines(archive, wanted, way)), isWanted }
}

/** One page of what is there; without `next_cursor` when there is nothing behind it as yet. */
export const readLogPage =
  (archive: Archive) =>
  async (actor: Actor, { limit, ...wanted }: ReadLogs & { readonly limit: number }) => {
    const { signal } = new AbortController()
    const { tail } = wanted
    const until_ms = performance.now() + page_ms
    const opening = { ...wanted, follow: false, signal, until_ms: until_ms - page_ms / 2 }
    const { lines, isWanted } = await openLines(archive, actor, opening)
    const items: LogLine[] = []
    let position: string | null = null
    for await (const line of lines) {
      if (line === "idle") continue
      const isFull = tail === undefined && items.length === limit
      // The cursor of the line before this one, or where the search has come to.
      if (isFull || performance.now() > until_ms) return { items, next_cursor: position }
      position = line.cursor
      if (isWanted(line)) items.push(line)
      if (tail !== undefined && items.length > Math.min(tail, limit)) items.shift()
    }
    return { items, next_cursor: null }
  }

/** Lines as they come; undefined is a sign of life. With `tail`, of what is there only the last ones. */
export const streamLogs =
  (archive: Archive) =>
  async (actor: Actor, given: ReadLogs & Following): Promise<AsyncGenerator<LogLine | undefined>> =>
    lively(
      await openLines(archive, actor, { ...given, until_ms: Number.POSITIVE_INFINITY }),
      given.tail,
      archive.patience.heartbeat_ms,
    )

async function* lively(
  { lines, isWanted }: Opened,
  tail: number | undefined,
  heartbeat_ms: number,
): AsyncGenerator<LogLine | undefined> {
  let last_ms = performance.now()
  for await (const line of tail === undefined ? lines : lastOf(lines, isWanted, tail)) {
    if (line !== "idle" && isWanted(line)) {
      last_ms = performance.now()
      yield line
    }
    if (performance.now() - last_ms < heartbeat_ms) continue
    last_ms = performance.now()
    yield undefined
  }
}

/** Holds lines back until all that are there were read; of these it gives only the last ones. */
async function* lastOf(
  lines: AsyncGenerator<LogLine | "idle">,
  isWanted: (line: LogLine) => boolean,
  tail: number,
): AsyncGenerator<LogLine | "idle"> {
  const kept: LogLine[] = []
  let holding = true
  for await (const line of lines) {
    if (line === "idle" && holding) {
      holding = false
      yield* kept.splice(0)
    }
    if (!holding) yield line
    else if (line !== "idle" && isWanted(line)) kept.push(line)
    if (kept.length > tail) kept.shift()
  }
  yield* kept
}
