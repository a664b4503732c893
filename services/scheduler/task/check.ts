import type { ServiceImpl } from "@connectrpc/connect"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Engine } from "../engine.ts"
import type { HeldAttempt } from "../session/held.ts"
import { taskMoves } from "./moves.ts"

type CheckedAttempt = {
  readonly workspace_id: string
  readonly queue: string
  readonly secrets: readonly string[]
}

/** Whether an attempt runs under this token, and which secrets its task has declared in the run's plan. */
const checkAttempt =
  ({ database }: Engine) =>
  async (attempt: HeldAttempt): Promise<CheckedAttempt> => {
    const [found] = await database.run((sql) => findRunning(sql, attempt))
    if (!found || !taskMoves.from("hand_back").includes(found.status)) throw new Problem("attempt.stale")
    return { workspace_id: found.workspace_id, queue: found.queue, secrets: found.secrets ?? [] }
  }

type Found = CheckedAttempt & { readonly status: (typeof taskMoves.states)[number] }

const findRunning = (sql: Sql, { task_run_id, token }: HeldAttempt) =>
  sql<Found>`
    select task.workspace_id, task.queue, task.status, (
        select plan -> 'tasks' -> task.idx -> 'secrets'
        from scheduler.run join scheduler.plan on plan.id = plan_id
        where run.id = task.run_id
      ) as secrets
    from scheduler.task_run as task
    where task.id = ${task_run_id}::text::uuid and task.token = ${token}::text::bigint`

export const checkRpc = (engine: Engine): Pick<ServiceImpl<typeof SchedulerService>, "checkAttempt"> => {
  const check = checkAttempt(engine)
  return {
    async checkAttempt({ taskRunId, token }) {
      const { workspace_id, queue, secrets } = await check({ task_run_id: taskRunId, token: String(token) })
      return { workspaceId: workspace_id, queue, secrets: [...secrets] }
    },
  }
}
