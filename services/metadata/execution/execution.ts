import type { Document } from "#kernel/documents/documents.ts"

export const executionStatuses = [
  "waiting",
  "running",
  "completed",
  "failed",
  "skipped",
  "cancelled",
] as const

export type ExecutionStatus = (typeof executionStatuses)[number]

/** One attempt of a task run, as its events told it. */
export type Execution = Document & {
  readonly workspace_id: string
  /** Null for a stand-alone job. */
  readonly run_id: string | null
  readonly workflow: string | null
  readonly task_run_id: string
  readonly task: string
  /** What runs it: `shell`, `http` …; null where its events came from an older platform. */
  readonly type: string | null
  readonly attempt: number
  readonly status: ExecutionStatus
  readonly reason: string | null
  readonly worker_id: string | null
  /** What its `with` and `env` had come to; null until it has ended, and where that was nothing or large. */
  readonly inputs: Readonly<Record<string, unknown>> | null
  readonly outputs: Readonly<Record<string, unknown>> | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly retry_at: string | null
  /** Exit code, signal, processor time and peak memory, where its executor could tell. */
  readonly usage: Readonly<Record<string, unknown>> | null
  /** How many chunks of log it wrote; null while that isn't known. */
  readonly log_chunks: number | null
  readonly queued_at: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly duration_ms: number | null
  /** The step of durations that this is counted in. */
  readonly pace: number | null
  /** When it ended or, until then, began: in milliseconds. */
  readonly at: number
}

/** Late and doubled events never win over these. An end may come before its beginning, and is written anew with it. */
export const versions = { started: 1, ended: 2, whole: 3 } as const

export const isOpen = ({ version }: Document): boolean => version < versions.ended
