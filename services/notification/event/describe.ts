import { z } from "zod"

const task = z.object({
  task: z.string(),
  status: z.string(),
  attempt: z.int(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  finished_at: z.string().nullable(),
})

const run = z.object({
  id: z.string(),
  workflow: z.string(),
  version: z.int(),
  status: z.string(),
  reason: z.string().nullable(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  tasks: z.array(task).default([]),
})

/** What failed first, which is mostly why the rest did. */
export type Cause = {
  readonly task: string
  readonly attempt: number
  readonly code: string
  readonly message: string
}

export type RunFacts = {
  readonly workflow: string
  readonly version: number
  readonly status: string
  readonly reason: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly cause: Cause | null
}

/** Of a run as the scheduler shows it, what people are told; undefined if it can't be read, which is to hold nobody up. */
export const runFacts = (text: string): RunFacts | undefined => {
  const { success, data } = run.safeParse(JSON.parse(text))
  if (!success) return undefined
  const { workflow, version, status, reason, started_at, finished_at, tasks } = data
  const failed = tasks.filter((one) => one.status === "failed")
  const [first] = failed.toSorted((one, other) =>
    (one.finished_at ?? "").localeCompare(other.finished_at ?? ""),
  )
  const cause = first
    ? {
        task: first.task,
        attempt: first.attempt,
        code: first.error?.code ?? "",
        message: first.error?.message ?? "",
      }
    : null
  return { workflow, version, status, reason, started_at, finished_at, cause }
}
