import { type Actor, allow } from "#kernel/auth/actor.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { createStarter, type Starting } from "./starter.ts"

type StartRun = {
  readonly workflow: string
  readonly version?: number | undefined
  readonly inputs?: unknown
  readonly idempotency_key?: string | undefined
}

type StartedRun = Readonly<Record<string, unknown>>

/** Starts a run of a version, and answers with it as the scheduler has it. */
export const startRun = (starting: Starting) => {
  const start = createStarter(starting)
  return async (actor: Actor, wanted: StartRun): Promise<StartedRun> => {
    allow(actor, "run.start")
    const { workspace_id } = actor
    const { workflow, version, inputs, idempotency_key } = wanted
    // Starts share a batch; each keeps the trace it came in.
    const traceparent = activeTraceparent()
    const started = await start({ workspace_id, workflow, version, inputs, idempotency_key, traceparent })
    if (started.run_json !== "") return JSON.parse(started.run_json) as StartedRun
    const { run_id } = started
    const { runJson } = await starting.scheduler.getRun({ workspaceId: workspace_id, runId: run_id })
    return JSON.parse(runJson) as StartedRun
  }
}
