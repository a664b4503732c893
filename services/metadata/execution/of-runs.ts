import { isJobId, lastTaskRunId, runOf } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executions, openExecutions } from "../collections.ts"
import type { Execution } from "./execution.ts"
import type { Filter } from "./filter.ts"
import { runsMarked } from "./mark.ts"
import { asFarAsThereIs } from "./search.ts"

type OfRuns = {
  readonly filter: Filter
  readonly workspace_id: string
  readonly run_id: string | undefined
  /** The id of the last attempt that was given. */
  readonly cursor: string | undefined
  readonly limit: number
}

type Page = { readonly items: readonly Execution[]; readonly next_cursor: string | null }

const page_ms = 5_000
/** Runs begin at most so much before the first of their attempts has ended, but for those that wait for very long. */
const max_wait_ms = 28 * 86_400_000

const taskRunOf = (id: string): string => id.split(":")[0] ?? ""

/** All attempts of a run lie in one range of ids, so they are found by it. */
export const executionsOfRuns = async (archive: Archive, sought: OfRuns): Promise<Page> => {
  const { limit, cursor } = sought
  const until_ms = performance.now() + page_ms
  const found: Execution[] = []
  for await (const run_id of runsOf(archive, sought)) {
    found.push(...(await ofRun(archive, sought, { run_id, wanted: limit + 1 - found.length })))
    if (found.length > limit) break
    // Nothing of this run is left: the next page begins with what is before it.
    if (performance.now() > until_ms) return { items: found, next_cursor: `${run_id}:` }
  }
  const items = found.slice(0, limit)
  return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? cursor ?? null) : null }
}

async function* runsOf(
  archive: Archive,
  { filter, workspace_id, run_id, cursor }: OfRuns,
): AsyncGenerator<string> {
  const { of_runs: term } = filter
  if (term === undefined) {
    if (run_id !== undefined) yield run_id
    return
  }
  const whole = { from_ms: filter.from_ms ?? 0, before_ms: Number.MAX_SAFE_INTEGER }
  const { from_ms } = await asFarAsThereIs(archive, workspace_id, whole)
  const last = run_id ?? (cursor === undefined ? undefined : runOf(taskRunOf(cursor)))
  const now_ms = archive.kit.now().getTime()
  // Where nothing has ended yet, nothing has begun long ago.
  const begin_ms = (from_ms === 0 ? now_ms : from_ms) - max_wait_ms
  const marked = { workspace_id, term, now_ms, last, from_ms: Math.max(0, begin_ms) }
  for await (const id of runsMarked(archive.documents, marked)) {
    if (run_id !== undefined && id !== run_id) return
    yield id
  }
}

/** A job's attempts are behind its own id. */
const lastOf = (run_id: string): string => (isJobId(run_id) ? `${run_id};` : lastTaskRunId(run_id))

type One = { readonly run_id: string; readonly wanted: number }

const ofRun = async (
  { documents }: Archive,
  { filter, workspace_id, cursor }: OfRuns,
  { run_id, wanted }: One,
): Promise<readonly Execution[]> => {
  const { from_ms, before_ms, isWanted } = filter
  const last = lastOf(run_id)
  const time = {
    ...(from_ms !== undefined && { gte: from_ms }),
    ...(before_ms !== undefined && { lt: before_ms }),
  }
  const where = { ...filter.where, workspace_id, ...(Object.keys(time).length > 0 && { at: time }) }
  const found: Execution[] = []
  let before = cursor === undefined || cursor > last ? last : cursor
  for (;;) {
    const id = { gt: run_id, lt: before }
    const query = { where: { ...where, id }, order: [["id", "desc"]] as const, limit: wanted }
    const [over, going] = await Promise.all([
      documents.find(executions, query),
      documents.find(openExecutions, query),
    ])
    // One that has just ended may be in both.
    const both = new Map([...going, ...over].map((one) => [one.id, one as Execution]))
    const some = [...both.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, wanted)
    found.push(...some.filter(isWanted))
    before = some.at(-1)?.id ?? before
    if (some.length < wanted || found.length >= wanted) return found.slice(0, wanted)
  }
}
