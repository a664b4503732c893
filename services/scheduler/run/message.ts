import { create } from "@bufbuild/protobuf"
import type { Plan } from "#language/plan.ts"
import {
  type RunStarted as RunStartedMessage,
  RunStartedSchema,
  type RunStart as RunStartMessage,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { RunStart, RunStarted } from "./start.ts"

export const startOf = (message: RunStartMessage): RunStart => ({
  run_id: message.run_id,
  workspace_id: message.workspace_id,
  workflow: message.workflow,
  version: message.version,
  plan: JSON.parse(message.plan_json) as Plan,
  inputs: JSON.parse(message.inputs_json) as Record<string, unknown>,
  trigger: message.trigger,
  idempotency_key: message.idempotency_key === "" ? undefined : message.idempotency_key,
  body_hash: message.body_hash,
})

export const startedMessage = ({ run_id, conflict }: RunStarted): RunStartedMessage =>
  create(RunStartedSchema, { run_id, problem: conflict ? "idempotency.conflict" : "" })
