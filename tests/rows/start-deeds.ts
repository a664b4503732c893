import { runId } from "#language/run-id.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"
import type { Rerun } from "#services/scheduler/run/start.ts"
import { randomJob, randomWhole, workspaces } from "../sim/workload.ts"
import { type Deed, nextId, nothing, type Walk } from "./walk.ts"

export const startRun = (walk: Walk): Deed => {
  const workspace_id = walk.chance.pick(workspaces)
  return starting(walk, { workspace_id, plan: randomWhole(walk.chance), rerun: null })
}

/** One in which something waits for time or for people. */
export const startWaiting = (walk: Walk): Deed => {
  const plans = Array.from({ length: 12 }, () => randomWhole(walk.chance))
  const plan = plans.find(({ tasks }) => tasks.some(({ wait }) => wait?.for === "signal")) ?? plans[0]
  const workspace_id = walk.chance.pick(workspaces)
  return plan ? starting(walk, { workspace_id, plan, rerun: null }) : nothing
}

type Starting = {
  readonly workspace_id: string
  readonly plan: ReturnType<typeof randomWhole>
  readonly rerun: Rerun | null
}

const starting = (walk: Walk, { workspace_id, plan, rerun }: Starting): Deed => {
  const start = {
    ...{
      run_id: runId(nextId(walk)),
      workflow: "walk",
      version: 1,
      plan,
      inputs: { n: walk.made },
      workspace_id,
    },
    ...{
      trigger: rerun ? "rerun" : "manual",
      idempotency_key: undefined,
      body_hash: "",
      traceparent: null,
      rerun,
    },
  }
  return { name: `start ${start.run_id}`, act: ({ startRun: act }) => act(start) }
}

export const rerun = (walk: Walk): Deed => {
  const ended = [...walk.tables.runs.values()].filter(isTerminal)
  if (ended.length === 0) return nothing
  const earlier = walk.chance.pick(ended)
  const plan = walk.tables.plans.get(earlier.plan_id)
  if (!plan) return nothing
  const mode = walk.chance.pick(["all", "failed", "from", "from"] as const)
  const { workspace_id } = earlier
  return starting(walk, {
    workspace_id,
    plan,
    rerun: { of: earlier.id, mode, task: walk.chance.pick(plan.tasks).name },
  })
}

export const createJob = (walk: Walk): Deed => {
  const job = randomJob(walk.chance, nextId(walk))
  return { name: `create ${job.task.id}`, act: ({ createJob: act }) => act(job) }
}
