import type { Plan, PlanTask, RetryPolicy, When } from "./plan.ts"

/** How a task run ended. */
export type Outcome = "completed" | "failed" | "skipped" | "cancelled"

/**
 * Whether an ended task counts as bad for those that need it. A failure does, unless the task has
 * `continue_on_error`. A skip passes on what caused it: a `success` task is skipped because a need
 * was bad, so it is bad too; a `failure` task is skipped because nothing was bad, so it is not. In
 * `on_failure` that means that there is nothing to handle, for those that come after it either.
 */
const isBad = (task: Pick<PlanTask, "when" | "continue_on_error" | "section">, outcome: Outcome): boolean => {
  if (outcome === "completed") return false
  if (outcome === "failed") return !task.continue_on_error
  if (outcome === "skipped") return task.when === "success" || task.section === "on_failure"
  return true
}

/** What to do with a task whose needs have all ended. */
export const onReady = (when: When, needs_bad: number): "release" | "skip" => {
  if (when === "always") return "release"
  return (needs_bad === 0) === (when === "success") ? "release" : "skip"
}

export type Counter = { readonly needs_left: number; readonly needs_bad: number }

export type Ended = { readonly idx: number; readonly outcome: Outcome }

export type Advance = {
  /** Ready to be queued, in the plan's order. */
  readonly release: readonly number[]
  /** Ended by this without running, in the plan's order; their successors are counted already. */
  readonly skip: readonly number[]
  /** The new counters of every task that had one of these as a need. */
  readonly counters: ReadonlyMap<number, Counter>
}

/**
 * Counts ended tasks towards their successors and follows skips to their end. `counterOf` answers
 * the stored counters. Each ended task must be given exactly once over the life of a run.
 */
export const advance = (
  plan: Plan,
  ended: readonly Ended[],
  counterOf: (idx: number) => Counter,
): Advance => {
  const counters = new Map<number, Counter>()
  const release: number[] = []
  const skip: number[] = []
  const open: Ended[] = [...ended]
  for (let at = 0; at < open.length; at++) {
    const current = open[at]
    const task = current && plan.tasks[current.idx]
    if (!task) throw new Error("The plan has no such task.")
    const bad = isBad(task, current.outcome) ? 1 : 0
    for (const idx of task.successors) {
      const before = counters.get(idx) ?? counterOf(idx)
      const after = { needs_left: before.needs_left - 1, needs_bad: before.needs_bad + bad }
      counters.set(idx, after)
      const successor = plan.tasks[idx]
      if (after.needs_left !== 0 || !successor) continue
      if (onReady(successor.when, after.needs_bad) === "release") release.push(idx)
      else {
        skip.push(idx)
        open.push({ idx, outcome: "skipped" })
      }
    }
  }
  return { release: release.sort(ascending), skip: skip.sort(ascending), counters }
}

const ascending = (one: number, other: number): number => one - other

/**
 * Counters and decisions at the start of a run. A `failure` task without needs has nothing to wait for. Tasks that
 * are `kept` of an earlier run have completed already; all that they need is kept too.
 */
export const begin = (plan: Plan, kept: ReadonlySet<number> = new Set()): Advance => {
  const counters = new Map(
    plan.tasks.map(({ idx, needs }) => [idx, { needs_left: needs.length, needs_bad: 0 }]),
  )
  const roots = plan.tasks.filter(({ idx, needs }) => needs.length === 0 && !kept.has(idx))
  const released = roots.filter(({ when }) => onReady(when, 0) === "release").map(({ idx }) => idx)
  const skipped = roots.filter(({ when }) => onReady(when, 0) === "skip").map(({ idx }) => idx)
  const ended: Ended[] = [
    ...[...kept].map((idx) => ({ idx, outcome: "completed" as const })),
    ...skipped.map((idx) => ({ idx, outcome: "skipped" as const })),
  ]
  const next = advance(plan, ended, (idx) => counters.get(idx) ?? { needs_left: 0, needs_bad: 0 })
  const isNew = (idx: number) => !kept.has(idx)
  return {
    release: [...released, ...next.release.filter(isNew)].sort(ascending),
    skip: [...skipped, ...next.skip.filter(isNew)].sort(ascending),
    counters: new Map([...counters, ...next.counters]),
  }
}

/**
 * What a rerun keeps of an earlier run: what has completed there, as long as nothing that it needs runs again.
 * `again` says which of the completed ones are to run again anyway.
 */
export const keptOf = (
  plan: Plan,
  completed: ReadonlySet<number>,
  again: (idx: number) => boolean,
): ReadonlySet<number> => {
  const kept = new Set<number>()
  // The plan's order has needs before what needs them.
  for (const { idx, needs } of plan.tasks) {
    if (completed.has(idx) && !again(idx) && needs.every((need) => kept.has(need))) kept.add(idx)
  }
  return kept
}

export type FailedAttempt = {
  /** Attempts made so far, this one included: 1 after the first. */
  readonly attempt: number
  /** The failure is of a kind that trying again can't mend. */
  readonly non_retryable: boolean
}

export type AfterFailure = { readonly move: "retry"; readonly delay_ms: number } | { readonly move: "fail" }

/** `max_retries: 2` means three tries. `random` is uniform in [0, 1). */
export const afterFailure = (
  failed: FailedAttempt,
  policy: RetryPolicy,
  random: () => number,
): AfterFailure => {
  if (failed.non_retryable || failed.attempt > policy.max_retries) return { move: "fail" }
  const grown_ms = policy.initial_ms * policy.factor ** (failed.attempt - 1)
  const spread = 1 + policy.jitter * (2 * random() - 1)
  return { move: "retry", delay_ms: Math.round(Math.min(grown_ms, policy.max_ms) * spread) }
}

export type RunFacts = {
  readonly cancelled: boolean
  readonly timed_out: boolean
  /** Tasks that failed and have no `continue_on_error`. */
  readonly failures: number
}

export type RunOutcome =
  | { readonly status: "completed" | "cancelled"; readonly reason: null }
  | { readonly status: "failed"; readonly reason: "timeout" | "task_failed" }

/**
 * How a run ends when none of its tasks is open. A task that was skipped doesn't fail a run, and a
 * `failure` task that ran doesn't mend it. A run that timed out has failed, one that was cancelled
 * is cancelled whatever its tasks did.
 */
export const runOutcome = ({ cancelled, timed_out, failures }: RunFacts): RunOutcome => {
  if (timed_out) return { status: "failed", reason: "timeout" }
  if (cancelled) return { status: "cancelled", reason: null }
  return failures > 0 ? { status: "failed", reason: "task_failed" } : { status: "completed", reason: null }
}

/** Whether an ended task is one of the failures that a run's outcome counts. */
export const countsAsFailure = (task: Pick<PlanTask, "continue_on_error">, outcome: Outcome): boolean =>
  outcome === "failed" && !task.continue_on_error
