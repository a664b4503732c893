import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Archive } from "../archive.ts"
import { executions } from "../collections.ts"
import { type Execution, executionStatuses } from "./execution.ts"

export const executionShape = z
  .object({
    id: z.string(),
    run_id: z.string().nullable(),
    task_run_id: z.string(),
    task: z.string(),
    attempt: z.int(),
    status: z.enum(executionStatuses),
    reason: z.string().nullable(),
    worker_id: z.string().nullable(),
    outputs: z.record(z.string(), z.unknown()).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    retry_at: z.iso.datetime().nullable(),
    log_chunks: z.int().nullable(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("Execution")

type ListExecutions = {
  readonly run_id?: string | undefined
  readonly task?: string | undefined
  readonly status?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Attempts, newest first: their ids begin with when their run was made. */
export const listExecutions =
  ({ documents }: Archive) =>
  async (actor: Actor, wanted: ListExecutions) => {
    allow(actor, "log.read")
    const { run_id, task, status, cursor, limit } = wanted
    const where = {
      workspace_id: actor.workspace_id,
      ...(run_id !== undefined && { run_id }),
      ...(task !== undefined && { task }),
      ...(status !== undefined && { status }),
      ...(cursor !== undefined && { id: { lt: cursor } }),
    }
    const found = (await documents.find(executions, {
      where,
      order: [["id", "desc"]],
      limit: limit + 1,
    })) as readonly Execution[]
    const items = found.slice(0, limit).map(({ version: _, workspace_id: __, ...execution }) => execution)
    return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
  }
