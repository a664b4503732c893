import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { perform } from "../step/perform.ts"
import { settle } from "../task/settle.ts"

export type HeldAttempt = { readonly task_run_id: string; readonly token: string }

/** `age_ms` is that of its claim. */
export type RunningAttempt = HeldAttempt & { readonly cancel: boolean; readonly age_ms: number }

/** What a session holds, as the database knows it: its claims' attempts that are still running under them. */
export const attemptsOf = (sql: Sql, session_id: string) =>
  sql<RunningAttempt>`
    select task.id as task_run_id, task.token::text as token, task.cancel,
      extract(epoch from now() - claim.claimed_at)::float8 * 1000 as age_ms
    from scheduler.claim as claim
    join scheduler.task_run as task on task.id = any(claim.ids) and task.token = claim.token
    where claim.session_id = ${session_id}::text::uuid and task.status = 'running'`

/** Takes attempts from a session: what another transaction has settled meanwhile is left as it is. */
export const takeBack = async (
  engine: Engine,
  attempts: readonly HeldAttempt[],
  outcome: "released" | "unheard" | "lost",
): Promise<void> => {
  if (attempts.length === 0) return
  await perform(engine, (step) =>
    settle(
      engine,
      step,
      attempts.map(({ task_run_id, token }) => ({ task_run_id, token, outcome })),
    ),
  )
}
