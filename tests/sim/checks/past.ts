import type { PlanTask, RetryPolicy } from "#language/plan.ts"
import { max_lost } from "#services/scheduler/engine.ts"
import type { Changes } from "#services/scheduler/memory/changes.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import type { StoredTask, Tables } from "#services/scheduler/memory/tables.ts"
import type { Ended } from "#services/scheduler/step/step.ts"

/** What has become of a task so far, kept apart from the engine's own counts. */
export type Past = {
  failures: number
  lost: number
  completed: boolean
  /** Tokens are drawn before locks are held, so a later attempt may have an older one. */
  readonly tokens: Set<string>
  /** No attempt begins before. */
  rests_until_ms: number
  readonly accepted: Set<string>
}

export const pastOf = (pasts: Map<string, Past>, id: string): Past => {
  const known = pasts.get(id)
  if (known) return known
  const past: Past = {
    ...{
      failures: 0,
      lost: 0,
      completed: false,
      tokens: new Set<string>(),
      rests_until_ms: 0,
      accepted: new Set<string>(),
    },
  }
  pasts.set(id, past)
  return past
}

export const policyOf = (tables: Tables, task: StoredTask): RetryPolicy | undefined =>
  task.run_id === null ? task.settings?.retry : plannedOf(tables, task)?.retry

const plannedOf = ({ plans, runs }: Tables, { run_id, idx }: StoredTask): PlanTask | undefined =>
  plans.get(runs.get(run_id ?? "")?.plan_id ?? "")?.tasks[idx]

/** One result for each attempt, and what it makes of the task by the rules, which are told here once more. */
export const checkEnded = (changes: Changes, ended: Ended, past: Past): void => {
  const { task, token, delay_ms } = ended
  demand(!past.accepted.has(token), () => `the attempt ${token} of ${task.id} was accepted twice`)
  past.accepted.add(token)
  const row = changes.tables.tasks.get(task.id)
  const before = changes.tasks.get(task.id)
  if (!row || !before) throw new Error(`${task.id} ended and did not change`)
  const status = expected(changes, { ended, before, past })
  const isHandedBack = status === "queued" && row.status === "running" && row.token !== token
  // Another item of the same report may have failed, and its task fails fast.
  const isStopped = row.status === "cancelled" && row.reason === "fail_fast"
  demand(
    row.status === status || isHandedBack || isStopped,
    () => `${task.id} is ${row.status} and should be ${status}`,
  )
  demand(
    (delay_ms !== null) === (status === "retrying") || isStopped,
    () => `${task.id} is ${status} and rests ${delay_ms} ms`,
  )
}

type Facts = { readonly ended: Ended; readonly before: StoredTask; readonly past: Past }

const expected = (changes: Changes, { ended, before, past }: Facts): StoredTask["status"] => {
  const { settlement } = ended
  const failed = before.run_id === null ? "dead_letter" : "failed"
  if (settlement.outcome === "completed") {
    past.completed = true
    return "completed"
  }
  if (before.cancel) return "cancelled"
  const isOnce = plannedOf(changes.tables, before)?.on_worker_lost === "fail"
  if (settlement.outcome === "unheard") return "queued"
  if (settlement.outcome === "released") return isOnce ? failed : "queued"
  if (settlement.outcome === "lost") {
    past.lost += 1
    return isOnce || past.lost > max_lost ? failed : "queued"
  }
  past.failures += 1
  const policy = policyOf(changes.tables, before)
  if (!policy || settlement.non_retryable || past.failures > policy.max_retries) return failed
  const grown_ms = Math.min(policy.initial_ms * policy.factor ** (past.failures - 1), policy.max_ms)
  past.rests_until_ms = changes.at_ms + grown_ms * (1 - policy.jitter) - 1
  return "retrying"
}
