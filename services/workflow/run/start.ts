import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { createStarter, type Starting } from "./starter.ts"

type StartRun = {
  readonly workflow: string
  readonly version?: number | undefined
  readonly inputs?: unknown
  readonly idempotency_key?: string | undefined
  readonly rerun?: Rerun | undefined
}

type Rerun = {
  readonly of: string
  readonly mode: "all" | "failed" | "from"
  readonly task?: string | undefined
}

/** Starts a run of a version, and answers with it as the scheduler has written it. */
export const startRun = (starting: Starting) => {
  const start = createStarter(starting)
  return async (actor: Actor, wanted: StartRun): Promise<string> => {
    allow(actor, "run.start")
    const { workspace_id } = actor
    const { workflow, version, idempotency_key } = wanted
    const rerun = wanted.rerun && { ...wanted.rerun, task: wanted.rerun.task ?? "" }
    const inputs = rerun ? await inputsOf(starting, actor, { ...wanted, rerun }) : wanted.inputs
    // Starts share a batch; each keeps the trace it came in.
    const traceparent = activeTraceparent()
    const started = await start({
      workspace_id,
      workflow,
      version,
      inputs,
      idempotency_key,
      traceparent,
      rerun,
    })
    if (started.run_json !== "") return started.run_json
    const { run_id } = started
    const { runJson } = await starting.scheduler.getRun({ workspaceId: workspace_id, runId: run_id })
    return runJson
  }
}

/** Those of the earlier run where nothing else is said. */
const inputsOf = async (
  { scheduler }: Starting,
  { workspace_id: workspaceId }: Actor,
  { workflow, inputs, rerun }: StartRun & { readonly rerun: Rerun },
): Promise<unknown> => {
  const { runJson } = await scheduler.getRun({ workspaceId, runId: rerun.of })
  const earlier = JSON.parse(runJson) as { readonly workflow: string; readonly inputs: object }
  if (earlier.workflow !== workflow) {
    const detail = `The run ${rerun.of} is one of ${earlier.workflow}, not of ${workflow}.`
    throw new Problem("request.invalid", { detail, errors: [{ path: "rerun.of", message: detail }] })
  }
  return { ...earlier.inputs, ...(inputs as object | undefined) }
}
