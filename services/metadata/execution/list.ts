import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Archive } from "../archive.ts"
import { type Execution, executionStatuses } from "./execution.ts"
import { filterOf, type Sought } from "./filter.ts"
import { executionsOfRuns } from "./of-runs.ts"
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
    inputs: z.record(z.string(), z.unknown()).nullable().openapi({
      description:
        "What its `with` and `env` had come to, without secrets; null until it has ended, and where that was nothing or large.",
    }),
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

const nothing_known = {
  workflow: null,
  type: null,
  inputs: null,
  usage: null,
  queued_at: null,
  duration_ms: null,
}

/** What an older platform has written lacks some. */
const shown = ({ version: _, workspace_id: __, at: ___, pace: ____, ...execution }: Execution) => ({
  ...nothing_known,
  ...execution,
})

/** Attempts: those that go on, then those that have ended, the latest first. Of runs, in the order of their plans, from the end. */
export const listExecutions =
  (archive: Archive) =>
  async (actor: Actor, { run_id, cursor, limit, ...sought }: ListExecutions) => {
    allow(actor, "log.read")
    const { workspace_id } = actor
    const filter = filterOf(sought, archive.kit.now())
    if (run_id !== undefined || filter.of_runs !== undefined) {
      const { items, next_cursor } = await executionsOfRuns(archive, {
        filter,
        workspace_id,
        run_id,
        cursor,
        limit,
      })
      return { items: items.map(shown), next_cursor }
    }
    const after = cursor === undefined ? undefined : readPlace(cursor)
    const { items, next } = await searchExecutions(archive, { workspace_id, filter, after, limit })
    return { items: items.map(shown), next_cursor: next === null ? null : placeText(next) }
  }
