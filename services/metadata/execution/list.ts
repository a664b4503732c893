import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import { lastTaskRunId } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executions, openExecutions } from "../collections.ts"
import { type Execution, executionStatuses } from "./execution.ts"
import { type Filter, filterOf, type Sought } from "./filter.ts"
import { placeText, readPlace } from "./place.ts"
import { searchExecutions } from "./search.ts"

export const executionShape = z
  .object({
    id: z.string(),
    run_id: z.string().nullable(),
    workflow: z.string().nullable(),
    task_run_id: z.string(),
    task: z.string(),
    type: z.string().nullable(),
    attempt: z.int(),
    status: z.enum(executionStatuses),
    reason: z.string().nullable(),
    worker_id: z.string().nullable(),
    outputs: z.record(z.string(), z.unknown()).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    retry_at: z.iso.datetime().nullable(),
    usage: z.record(z.string(), z.unknown()).nullable(),
    log_chunks: z.int().nullable(),
    queued_at: z.iso.datetime().nullable(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    duration_ms: z.int().nullable(),
  })
  .openapi("Execution")

type ListExecutions = Sought & {
  readonly run_id?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

const nothing_known = { workflow: null, type: null, usage: null, queued_at: null, duration_ms: null }

/** What an older platform has written lacks some. */
const shown = ({ version: _, workspace_id: __, at: ___, pace: ____, ...execution }: Execution) => ({
  ...nothing_known,
  ...execution,
})

/** Attempts: those that go on, then those that have ended, the latest first. Of a run, in the order of its plan, from the end. */
export const listExecutions =
  (archive: Archive) =>
  async (actor: Actor, { run_id, cursor, limit, ...sought }: ListExecutions) => {
    allow(actor, "log.read")
    const { workspace_id } = actor
    const filter = filterOf(sought, archive.kit.now())
    if (run_id !== undefined) return ofRun(archive, filter, { workspace_id, run_id, cursor, limit })
    const after = cursor === undefined ? undefined : readPlace(cursor)
    const { items, next } = await searchExecutions(archive, { workspace_id, filter, after, limit })
    return { items: items.map(shown), next_cursor: next === null ? null : placeText(next) }
  }

type OfRun = {
  readonly workspace_id: string
  readonly run_id: string
  readonly cursor: string | undefined
  readonly limit: number
}

/** All ids of a run lie in one range, so they are found by it. */
const ofRun = async (
  { documents }: Archive,
  filter: Filter,
  { workspace_id, run_id, cursor, limit }: OfRun,
) => {
  const { from_ms, before_ms, isWanted } = filter
  const last = lastTaskRunId(run_id)
  const time = {
    ...(from_ms !== undefined && { gte: from_ms }),
    ...(before_ms !== undefined && { lt: before_ms }),
  }
  const where = {
    ...filter.where,
    workspace_id,
    ...(Object.keys(time).length > 0 && { at: time }),
  }
  const found: Execution[] = []
  let before = cursor === undefined || cursor > last ? last : cursor
  for (;;) {
    const id = { gt: run_id, lt: before }
    const query = { where: { ...where, id }, order: [["id", "desc"]] as const, limit: limit + 1 }
    const [over, going] = await Promise.all([
      documents.find(executions, query),
      documents.find(openExecutions, query),
    ])
    // One that has just ended may be in both.
    const both = new Map([...going, ...over].map((one) => [one.id, one as Execution]))
    const some = [...both.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit + 1)
    found.push(...some.filter(isWanted))
    before = some.at(-1)?.id ?? before
    if (some.length <= limit || found.length > limit) break
  }
  const items = found.slice(0, limit)
  return { items: items.map(shown), next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}
