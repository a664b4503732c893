import { create } from "@bufbuild/protobuf"
import type { Plan } from "#language/plan.ts"
import {
  type RunStarted as RunStartedMessage,
  RunStartedSchema,
  type RunStart as RunStartMessage,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Happened, Rerun, RunStart, RunStarted } from "./start.ts"

export const startOf = (message: RunStartMessage): RunStart => ({
  run_id: message.runId,
  workspace_id: message.workspaceId,
  workflow: message.workflow,
  version: message.version,
  plan: planOf(message.planJson),
  inputs: JSON.parse(message.inputsJson) as Record<string, unknown>,
  trigger: message.trigger,
  idempotency_key: message.idempotencyKey === "" ? undefined : message.idempotencyKey,
  body_hash: message.bodyHash,
  traceparent: message.traceparent === "" ? null : message.traceparent,
  rerun: rerunOf(message),
  bare: message.bare,
  ...(message.triggerJson !== "" && { happened: JSON.parse(message.triggerJson) as Happened }),
})

const max_read = 100
const max_read_chars = 100_000
const read = new Map<string, Plan>()

/** Starts that come one after the other mostly bring the same plan, and a small one. */
const planOf = (text: string): Plan => {
  const known = read.get(text)
  if (known) return known
  const plan = JSON.parse(text) as Plan
  if (text.length > max_read_chars) return plan
  if (read.size >= max_read) read.clear()
  read.set(text, plan)
  return plan
}

const modes = { all: "all", failed: "failed", from: "from" } as const

const rerunOf = ({ rerunOf: of, rerunMode, rerunTask: task }: RunStartMessage): Rerun | null => {
  if (of === "") return null
  const mode = Object.hasOwn(modes, rerunMode) ? modes[rerunMode as keyof typeof modes] : "all"
  return { of, mode, task }
}

export const startedMessage = ({ run_id, conflict, refusal, run }: RunStarted): RunStartedMessage =>
  create(RunStartedSchema, {
    runId: run_id,
    problem: refusal?.code ?? (conflict ? "idempotency.conflict" : ""),
    runJson: run ? JSON.stringify(run) : "",
  })
