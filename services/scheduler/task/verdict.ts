import { afterFailure } from "#language/decide.ts"
import type { RetryPolicy } from "#language/plan.ts"
import { max_lost } from "../engine.ts"
import type { TaskRow } from "../step/rows.ts"
import { taskMoves } from "./moves.ts"

/** How an attempt ended, as its worker or the sweep says. */
export type Settlement = {
  readonly task_run_id: string
  readonly token: string
  /** `unheard`: taken back from a worker that never learnt of it, so it has not begun. `released`: it may have. */
  readonly outcome: "completed" | "failed" | "released" | "unheard" | "lost"
  readonly outputs?: Readonly<Record<string, unknown>>
  /** The same as its worker has written them. */
  readonly outputs_json?: string
  readonly error?: { readonly code: string; readonly message: string }
  readonly non_retryable?: boolean
  readonly retry_after_ms?: number
  readonly log_chunks?: number
  readonly usage?: Readonly<Record<string, unknown>>
  readonly usage_json?: string
}

export type Verdict =
  | { readonly verdict: "stale" | "already" }
  | {
      readonly verdict: "accepted"
      readonly status: TaskRow["status"]
      readonly lost: number
      readonly returned: number
      /** Set when the task is to be tried again later. */
      readonly delay_ms: number | null
      readonly error: { readonly code: string; readonly message: string } | null
    }

const worker_lost = {
  code: "worker.lost",
  message: "The worker was lost too often while it ran this task.",
} as const

/** Whether it had begun nobody knows for sure. */
const not_twice = {
  code: "worker.lost",
  message: "Its worker was lost, or left, while it had this task, which is not to run twice.",
} as const

type Facts = {
  readonly settlement: Settlement
  readonly held: TaskRow | undefined
  readonly retry: RetryPolicy
  /** At most once: what may have begun is not given to another worker. */
  readonly is_once: boolean
}

/** Whether a result counts, and what it makes of the task. Pure: facts in, decision out. */
export const judge = ({ settlement, held, retry, is_once }: Facts, random: () => number): Verdict => {
  if (!held || held.token !== settlement.token) return { verdict: "stale" }
  if (held.status !== "running") return { verdict: "already" }
  const { lost, returned } = held
  const fail = held.run_id === null ? "dead_letter" : after("fail")
  const kept = { verdict: "accepted", lost, returned, delay_ms: null, error: null } as const
  if (settlement.outcome === "completed") return { ...kept, status: after("complete") }
  if (held.cancel) return { ...kept, status: after("cancel") }
  const { outcome } = settlement
  if (is_once && (outcome === "lost" || outcome === "released"))
    return { ...kept, lost: lost + 1, status: fail, error: not_twice }
  if (outcome === "released" || outcome === "unheard")
    return { ...kept, status: after("hand_back"), returned: returned + 1 }
  if (outcome === "lost") {
    if (lost >= max_lost) return { ...kept, lost: lost + 1, status: fail, error: worker_lost }
    return { ...kept, lost: lost + 1, status: after("hand_back") }
  }
  const error = settlement.error ?? { code: "task.failed", message: "The task failed." }
  const next = afterFailure(
    {
      // What was lost has a budget of its own, and what was handed back costs nothing.
      attempt: held.attempt - lost - returned,
      non_retryable: settlement.non_retryable ?? false,
    },
    retry,
    random,
  )
  if (next.move === "retry") {
    const delay_ms = Math.max(next.delay_ms, settlement.retry_after_ms ?? 0)
    return { ...kept, error, status: after("retry"), delay_ms }
  }
  return { ...kept, error, status: fail }
}

type RunningMove = "complete" | "fail" | "retry" | "hand_back" | "cancel"

const after = (move: RunningMove): TaskRow["status"] => {
  const status = taskMoves.after("running", move)
  if (!status) throw new Error(`running has no move ${move}`)
  return status
}
