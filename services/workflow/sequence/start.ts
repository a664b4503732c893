import { create } from "@bufbuild/protobuf"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { runId } from "#language/run-id.ts"
import { slotOf } from "#language/slots.ts"
import { RunStartSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { bodyHash } from "../run/body-hash.ts"
import { runStarter, type Scheduler } from "../run/hand-over.ts"
import { inputsText, payloadText } from "./payloads.ts"
import { sequencePlans } from "./plans.ts"
import { findRun, legacyStatus, steppedRun, summaryOf } from "./run.ts"
import type { Sequence, StartSequence } from "./shape.ts"

type Starting = { readonly kit: Kit; readonly scheduler: Scheduler }

/** An ordinary run of these steps, one after the other, without a version to look after. */
export const startSequence = ({ kit, scheduler }: Starting) => {
  const start = runStarter(scheduler)
  const planOf = sequencePlans()
  return async (actor: Actor, wanted: StartSequence): Promise<Sequence> => {
    allow(actor, "run.start")
    const { name, steps, idempotency_key: key } = wanted
    if (steps.some(({ type }) => slotOf(type) === "process")) allow(actor, "job.command")
    const texts = steps.map(({ payload }, index) => payloadText(payload, `steps.${index}.payload`))
    const inputsJson = inputsText(
      texts,
      steps.map((step) => step.name),
    )
    const { workspace_id } = actor
    const { run_id, run_json } = await start(
      create(RunStartSchema, {
        ...{ runId: runId(kit.id()), workspaceId: workspace_id, workflow: name, version: 0 },
        ...{ planJson: planOf(steps), inputsJson, trigger: "sequence" },
        traceparent: activeTraceparent() ?? "",
        idempotencyKey: key ?? "",
        bodyHash: key === undefined ? "" : await bodyHash({ name, steps }),
        bare: true,
      }),
    )
    if (run_json === "") return firstOf(scheduler, workspace_id, run_id)
    const { status, created_at } = steppedRun(run_json)
    const place = { current_step: 0, total_steps: steps.length }
    return { id: run_id, name, status: legacyStatus(status), ...place, created_at }
  }
}

/** What the same key has started before. */
const firstOf = async (scheduler: Scheduler, workspace_id: string, run_id: string): Promise<Sequence> => {
  const run = await findRun(scheduler, workspace_id, run_id)
  if (!run) throw new Error("a sequence that was started is not there")
  return summaryOf(run)
}
