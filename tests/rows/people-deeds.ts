import type { Actor } from "#kernel/auth/actor.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"
import { cancelIn } from "#services/scheduler/run/cancel.ts"
import { turnIn } from "#services/scheduler/run/pause.ts"
import { perform } from "#services/scheduler/step/perform.ts"
import type { Step } from "#services/scheduler/step/step.ts"
import { answerIn } from "#services/scheduler/wait/answer.ts"
import { deliverIn } from "#services/scheduler/wait/deliver.ts"
import { queues, workspaces } from "../sim/workload.ts"
import { type Deed, nothing, type Walk } from "./walk.ts"

const onStep = (name: string, work: (engine: Engine, step: Step) => Promise<unknown>): Deed => ({
  name,
  act: async ({ engine }) => (await perform(engine, (step) => work(engine, step))).answer,
})

export const control = ({ chance, tables }: Walk): Deed => {
  const runs = [...tables.runs.values()].slice(-5)
  if (runs.length === 0) return nothing
  const { id: run_id, workspace_id } = chance.pick(runs)
  const turn = chance.pick(["cancel", "pause", "pause", "resume", "resume"] as const)
  const name = `${turn} ${run_id}`
  const own = { run_id, workspace_id }
  if (turn === "resume") return { name, act: ({ resumeRun }) => resumeRun(workspace_id, run_id) }
  if (turn === "pause") return onStep(name, (engine, step) => turnIn(engine, step, { ...own, turn }))
  return onStep(name, (engine, step) => cancelIn(engine, step, own))
}

const actorOf = (person: number, workspace_id: string): Actor => ({
  ...{ kind: "user", user_id: `person ${person}`, email: "", workspace_id, role: "operator", grant_id: "" },
})

export const say = ({ chance, tables }: Walk): Deed => {
  const asked = [...tables.tasks.values()].filter(({ type }) => type === "signal" || type === "approval")
  if (asked.length === 0) return nothing
  const { run_id, workspace_id, type, task } = chance.pick(asked.slice(-6))
  if (run_id === null) return nothing
  const person = chance.between(1, 3)
  if (type === "signal") {
    const name = chance.pick(["s0", "s1", "s2"])
    return onStep(`signal ${name} to ${run_id}`, (engine, step) =>
      deliverIn(engine, step, { workspace_id, run_id, name, data: { person, none: null } }),
    )
  }
  const answer = { run_id, task, approved: chance.happens(0.7), comment: chance.pick(["", "so it is"]) }
  return onStep(`answer ${task} of ${run_id}`, (engine, step) =>
    answerIn(engine, step, { ...answer, actor: actorOf(person, workspace_id) }),
  )
}

export const setQueue = ({ chance }: Walk): Deed => {
  const queue = {
    ...{ workspace_id: chance.pick(workspaces), name: chance.pick(queues), paused: chance.happens(0.3) },
    concurrency: chance.happens(0.4) ? chance.between(1, 3) : null,
  }
  return { name: `set ${JSON.stringify(queue)}`, act: ({ setQueue: act }) => act(queue) }
}

export const cancelJob = ({ chance, tables }: Walk): Deed => {
  const jobs = [...tables.tasks.values()].filter((task) => task.run_id === null && !isTerminal(task))
  if (jobs.length === 0) return nothing
  const { id, workspace_id } = chance.pick(jobs)
  return { name: `cancel ${id}`, act: ({ cancelJob: act }) => act(workspace_id, id) }
}

export const replay = ({ chance, tables }: Walk): Deed => {
  const letters = [...tables.dead_letters.values()]
  if (letters.length === 0) return nothing
  const { id, workspace_id } = chance.pick(letters)
  return { name: `replay ${id}`, act: ({ replayDeadLetter }) => replayDeadLetter(workspace_id, id) }
}
