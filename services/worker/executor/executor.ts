import type { ExpressionContext } from "#language/expressions.ts"
import type { PlanTask } from "#language/plan.ts"

export type LogStream = "stdout" | "stderr" | "system"

/** One attempt, as an executor sees it. */
export type Execution = {
  readonly workspace_id: string
  readonly run_id: string
  readonly task_run_id: string
  readonly attempt: number
  readonly task: PlanTask
  readonly context: ExpressionContext
  /** The task's own folder, empty at the start. */
  readonly folder: string
  /** Awaited by who writes a lot: it holds back while the log can't be shipped. */
  readonly write: (stream: LogStream, text: string) => Promise<void>
  /** Aborts with the reason why the work is to stop. */
  readonly signal: AbortSignal
}

export type Outcome =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, unknown>>; readonly usage?: Usage }
  | {
      readonly ok: false
      readonly error: TaskError
      readonly non_retryable?: boolean
      /** Who was asked wants to be left alone for so long: no retry comes earlier. */
      readonly retry_after_ms?: number
      readonly usage?: Usage
    }

export type TaskError = { readonly code: string; readonly message: string }

export type Usage = {
  readonly exit_code: number | null
  readonly signal: string | null
  readonly cpu_ms: number
  readonly max_memory_bytes: number
}

/** What runs tasks of one type. */
export type Executor = (execution: Execution) => Promise<Outcome>
