import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import type { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

type RunName = { readonly run_id: string; readonly workspace_id: string }

/** Whether the workspace has it, as the scheduler says, which knows of a run before any event of it has come here. */
export type IsThere = (name: RunName) => Promise<boolean>

/** Those who ask for the same at once share the answer. */
export const askScheduler = (scheduler: Pick<Client<typeof SchedulerService>, "listTaskRuns">): IsThere => {
  const flights = new Map<string, Promise<boolean>>()
  return ({ workspace_id: workspaceId, run_id: runId }) => {
    const key = `${workspaceId} ${runId}`
    const known = flights.get(key)
    if (known) return known
    const flight = scheduler
      .listTaskRuns({ workspaceId, runId, limit: 1 })
      .then(() => true, isRefused)
      .finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}

const isRefused = (error: unknown): false => {
  if (error instanceof Problem && error.code === "run.not_found") return false
  throw error
}
