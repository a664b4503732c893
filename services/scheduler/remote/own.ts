import { type Actor, allow, allowQueues } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import type { HeldAttempt } from "../session/held.ts"
import { taskMoves } from "../task/moves.ts"

/** A worker of the caller's workspace, of queues that their token is for; one of another workspace is as if it weren't there. */
export type OwnWorker = { readonly session_id: string; readonly workspace_id: string }

export const ownWorker =
  ({ hot, sessions }: Engine) =>
  async (actor: Actor, session_id: string): Promise<OwnWorker> => {
    allow(actor, "worker.run")
    const { workspace_id } = actor
    const own = { session_id, workspace_id }
    const known = sessions.get(session_id)
    // Whose it is never changes, nor where it takes from.
    const [found] =
      known?.workspace_id === workspace_id ? [known] : await hot.run((sql) => findWorker(sql, own))
    if (!found) throw new Problem("worker.not_found")
    allowQueues(actor, found.queues)
    return own
  }

const findWorker = (sql: Sql, { session_id, workspace_id }: OwnWorker) =>
  sql<{ queues: readonly string[] }>`
    select queues from scheduler.session
    where id = ${session_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`

export type OwnAttempt = HeldAttempt & {
  readonly run_id: string | null
  readonly task: string
  readonly item: number | null
  readonly attempt: number
  /** Taken back, and in its queue again. */
  readonly is_queued: boolean
}

const waiting = [...taskMoves.from("claim"), ...taskMoves.from("release")]

/** Those of these attempts that this worker was given and nobody else since: a token is no secret. */
export const ownAttempts = (sql: Sql, worker: OwnWorker, attempts: readonly HeldAttempt[]) =>
  sql<OwnAttempt>`
    select task.id as task_run_id, task.token::text as token, task.run_id, task.task, task.item, task.attempt,
      task.status = any(${list(waiting)}::text::text[]) as is_queued
    from (
      select distinct id, token
      from unnest(
        ${list(attempts.map(({ task_run_id }) => task_run_id))}::text::uuid[],
        ${list(attempts.map(({ token }) => token))}::text::bigint[]
      ) as asked (id, token)
    ) as given
    join scheduler.task_run as task on task.id = given.id and task.token = given.token
    where task.workspace_id = ${worker.workspace_id}::text::uuid and task.worker_id = ${worker.session_id}`

export const keyOf = ({ task_run_id, token }: HeldAttempt): string => `${task_run_id} ${token}`
