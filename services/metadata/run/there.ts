import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { createFlights } from "#kernel/service/flights.ts"
import type { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

export type RunName = { readonly run_id: string; readonly workspace_id: string }

/** Whether the workspace has it, as the scheduler says, which knows of a run before any event of it has come here. */
export type IsThere = (name: RunName) => Promise<boolean>

export const askScheduler = (scheduler: Pick<Client<typeof SchedulerService>, "listTaskRuns">): IsThere => {
  const shared = createFlights<boolean>()
  return ({ workspace_id: workspaceId, run_id: runId }) =>
    shared(`${workspaceId} ${runId}`, () =>
      scheduler.listTaskRuns({ workspaceId, runId, limit: 1 }).then(() => true, isRefused),
    )
}

const isRefused = (error: unknown): false => {
  if (error instanceof Problem && error.code === "run.not_found") return false
  throw error
}
