import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import type { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

type RunName = { readonly run_id: string; readonly workspace_id: string }

/** How the scheduler has it, which knows of a run before any event of it has come here. */
export type AskStatus = (name: RunName) => Promise<"open" | "ended" | "none">

type Scheduler = Pick<Client<typeof SchedulerService>, "listTaskRuns" | "openRuns">

/** Those who ask for the same at once share the answer. */
export const askScheduler = (scheduler: Scheduler): AskStatus => {
  const flights = new Map<string, ReturnType<AskStatus>>()
  return (name) => {
    const key = `${name.workspace_id} ${name.run_id}`
    const flight = flights.get(key) ?? statusOf(scheduler, name).finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}

const statusOf = async (scheduler: Scheduler, { workspace_id, run_id }: RunName): ReturnType<AskStatus> => {
  try {
    // Refused for a run of another workspace as for one that isn't there.
    await scheduler.listTaskRuns({ workspaceId: workspace_id, runId: run_id, limit: 1 })
  } catch (error) {
    if (error instanceof Problem && error.code === "run.not_found") return "none"
    throw error
  }
  const { open } = await scheduler.openRuns({ runIds: [run_id] })
  return open.includes(run_id) ? "open" : "ended"
}
