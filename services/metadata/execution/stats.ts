import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Tallied } from "#kernel/documents/documents.ts"
import { invalidField } from "#kernel/http/invalid.ts"
import { durationMs } from "#language/duration.ts"
import type { Archive } from "../archive.ts"
import { executions } from "../collections.ts"
import { momentOf } from "../log/filter.ts"
import { conditionOf, isOfTask } from "../log/of-task.ts"
import { percentileOf } from "./pace.ts"

const max_items = 5_000
/** What is counted in the store at once, before it is put together. */
const max_groups = 20_000
const max_times = 1_000
const least_every_ms = 60_000
const usual = { since: "7d", every: "1d" }

export const statsShape = z
  .object({
    workflow: z.string().nullable().openapi({ description: "null of stand-alone jobs" }),
    task: z.string().nullable().openapi({ description: "null where all of a workflow are counted together" }),
    at: z.iso.datetime().openapi({ description: "When the stretch of time begins." }),
    total: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    skipped: z.int(),
    p50_ms: z.int().nullable(),
    p95_ms: z.int().nullable(),
    p99_ms: z.int().nullable(),
  })
  .openapi("ExecutionStats")

type Stats = z.infer<typeof statsShape>

export type StatsWanted = {
  readonly by: "workflow" | "task"
  readonly workflow?: string | undefined
  readonly task?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly every?: string | undefined
}

const refuse = (path: string, message: string): never => {
  throw invalidField(path, message)
}

type Span = { readonly from_ms: number; readonly before_ms: number; readonly every_ms: number }

const spanOf = ({ since = usual.since, until, every = usual.every }: StatsWanted, now: Date): Span => {
  const every_ms = durationMs(every) ?? refuse("every", 'Give a duration such as "1h".')
  if (every_ms < least_every_ms) refuse("every", "Give at least a minute.")
  const from_ms = Date.parse(momentOf("since", since, now))
  const before_ms = until === undefined ? now.getTime() + every_ms : Date.parse(momentOf("until", until, now))
  if ((before_ms - from_ms) / every_ms > max_times)
    refuse(
      "every",
      `This would be more than ${max_times} stretches of time: give a longer one, or a later since.`,
    )
  return { from_ms, before_ms, every_ms }
}

/** How many attempts ended how, and how long they took, by workflow or task and time. */
export const executionStats =
  (archive: Archive) =>
  async (actor: Actor, wanted: StatsWanted): Promise<{ items: Stats[] }> => {
    allow(actor, "log.read")
    const { workflow, task, by } = wanted
    const { from_ms, before_ms, every_ms } = spanOf(wanted, archive.kit.now())
    const found = await archive.documents.tally(executions, {
      where: {
        workspace_id: actor.workspace_id,
        at: { gte: from_ms, lt: before_ms },
        ...(workflow !== undefined && { workflow }),
        ...(task !== undefined && { task: conditionOf(task) }),
      },
      by: by === "workflow" ? ["workflow", "status"] : ["workflow", "status", "task"],
      stretch: { field: "at", size: every_ms },
      spread: "pace",
      limit: max_groups,
    })
    const items = together(
      found.filter((one) => isOfTask(task, String(one.by[2] ?? task))),
      every_ms,
    )
    if (found.length === max_groups || items.length > max_items)
      refuse("every", "There is too much of it for one answer: name a workflow, or give longer stretches.")
    return { items }
  }

/** Items are counted with their task. */
const taskOf = ({ by }: Tallied): string | null =>
  by[2] === undefined ? null : String(by[2]).replace(/\[.*$/s, "")

const together = (found: readonly Tallied[], every_ms: number): Stats[] => {
  const groups = Map.groupBy(found, (one) => JSON.stringify([one.stretch, one.by[0] ?? null, taskOf(one)]))
  return [...groups]
    .map(([key, some]) => {
      const [stretch, workflow, task] = JSON.parse(key) as [number, string | null, string | null]
      return { stretch, workflow, task, ...counted(some) }
    })
    .sort((a, b) => a.stretch - b.stretch || byName(a, b))
    .map(({ stretch, ...stats }) => ({ ...stats, at: new Date(stretch * every_ms).toISOString() }))
}

type Named = Pick<Stats, "workflow" | "task">

const byName = (a: Named, b: Named): number => {
  const [one, other] = [`${a.workflow} ${a.task}`, `${b.workflow} ${b.task}`]
  return one < other ? -1 : one > other ? 1 : 0
}

const counted = (some: readonly Tallied[]) => {
  const paces = new Map<number, number>()
  const statuses: Record<string, number> = {}
  for (const { by, spread } of some) {
    const status = String(by[1])
    for (const [pace, count] of spread) {
      statuses[status] = (statuses[status] ?? 0) + count
      if (pace !== null) paces.set(Number(pace), (paces.get(Number(pace)) ?? 0) + count)
    }
  }
  const { completed = 0, failed = 0, cancelled = 0, skipped = 0 } = statuses
  return {
    ...{ total: completed + failed + cancelled + skipped, completed, failed, cancelled, skipped },
    p50_ms: percentileOf(paces, 0.5),
    p95_ms: percentileOf(paces, 0.95),
    p99_ms: percentileOf(paces, 0.99),
  }
}
