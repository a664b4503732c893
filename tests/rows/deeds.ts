import type { Actor } from "#kernel/auth/actor.ts"
import { runId } from "#language/run-id.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import type { Lane } from "#services/scheduler/lane/lanes.ts"
import { anybody, type Taker } from "#services/scheduler/lane/taker.ts"
import { isTerminal, type StoredTask, type Tables } from "#services/scheduler/memory/tables.ts"
import { cancelIn } from "#services/scheduler/run/cancel.ts"
import { turnIn } from "#services/scheduler/run/pause.ts"
import type { Rerun } from "#services/scheduler/run/start.ts"
import { takeBack } from "#services/scheduler/session/held.ts"
import { perform } from "#services/scheduler/step/perform.ts"
import type { Step } from "#services/scheduler/step/step.ts"
import { claimTasks } from "#services/scheduler/task/claim.ts"
import { reportTasks } from "#services/scheduler/task/report.ts"
import type { Settlement } from "#services/scheduler/task/verdict.ts"
import { answerIn } from "#services/scheduler/wait/answer.ts"
import { deliverIn } from "#services/scheduler/wait/deliver.ts"
import type { Chance } from "../sim/chance.ts"
import { queues, randomJob, randomWhole, workspaces } from "../sim/workload.ts"
import { type Ground, idOf } from "./ground.ts"

/** What is done to a ground, and what it answers. */
export type Deed = { readonly name: string; readonly act: (ground: Ground) => Promise<unknown> }

/** A walk chooses by what is there, and numbers what it makes. */
export type Walk = { readonly chance: Chance; readonly tables: Tables; made: number }

const jobs_type = (type: string) => [`job:${type}`, `function:${type}`]

export const takers: Readonly<Record<string, Taker>> = {
  [idOf(0xf0001)]: { ...anybody, labels: { zone: "a" } },
  [idOf(0xf0002)]: { ...anybody, queues: ["default", "fast"] },
  [idOf(0xf0003)]: {
    ...{ queues: ["*"], workspace_id: workspaces[0] ?? "", labels: {} },
    takes: [...jobs_type("convert"), ...jobs_type("resize")],
  },
}

const nothing: Deed = { name: "nothing", act: async () => undefined }

const nextId = (walk: Walk): string => {
  walk.made += 1
  return idOf(walk.made)
}

const startRun = (walk: Walk): Deed => {
  const workspace_id = walk.chance.pick(workspaces)
  return starting(walk, { workspace_id, plan: randomWhole(walk.chance), rerun: null })
}

/** One in which something waits for time or for people. */
const startWaiting = (walk: Walk): Deed => {
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

const rerun = (walk: Walk): Deed => {
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

const createJob = (walk: Walk): Deed => {
  const job = randomJob(walk.chance, nextId(walk))
  return { name: `create ${job.task.id}`, act: ({ createJob: act }) => act(job) }
}

/** What each process is told by looking at the database now and then; the same for both, before either goes on. */
const refreshing = ({ tables }: Walk): ((engine: Engine) => void) => {
  const seen = new Map<string, Lane>()
  for (const { queue, workspace_id, slot } of tables.ready.values())
    seen.set(JSON.stringify([queue, workspace_id, slot]), { queue, workspace_id, slot })
  const found = [...seen].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, lane]) => lane)
  const set = [...tables.queues.values()].map((queue) => ({ ...queue, rate_limit: null }))
  return ({ lanes, queues: known }) => {
    lanes.note(found)
    known.replace(set)
  }
}

const claim = (walk: Walk): Deed => {
  const { chance } = walk
  const refresh = refreshing(walk)
  const session_id = chance.pick([...Object.keys(takers), idOf(0xf0009)])
  const room = { process: chance.between(0, 4), inline: chance.between(0, 6), remote: chance.between(0, 2) }
  return {
    name: `claim ${session_id} ${JSON.stringify(room)}`,
    async act({ engine }) {
      refresh(engine)
      return byId(await claimTasks(engine)({ session_id, room }))
    },
  }
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))

const randomEnd = (chance: Chance, { id, token }: StoredTask): Settlement => {
  const outcome = chance.pick([
    "completed",
    "completed",
    "completed",
    "failed",
    "failed",
    "released",
    "lost",
    "unheard",
  ] as const)
  const own = { task_run_id: id, token: chance.happens(0.08) ? "1" : (token ?? "1"), outcome }
  if (outcome === "completed")
    return { ...own, outputs: { n: chance.between(1, 9), list: ["a", "b"] }, log_chunks: 1 }
  if (outcome !== "failed") return own
  const error = { code: "exit.1", message: 'It said no; "and" \\ more.\n' }
  return {
    ...own,
    error,
    non_retryable: chance.happens(0.2),
    retry_after_ms: chance.happens(0.2) ? 3_000 : 0,
  }
}

const report = (walk: Walk): Deed => {
  const { chance, tables } = walk
  const refresh = refreshing(walk)
  const session_id = chance.pick(Object.keys(takers))
  const running = [...tables.tasks.values()].filter(({ status }) => status === "running")
  const held = running.filter(({ token }) => tables.claims.get(token ?? "")?.session_id === session_id)
  const others = chance.happens(0.1) ? running : []
  const chosen = [...new Set([...held, ...others])].filter(() => chance.happens(0.7))
  const settlements = chosen.map((task) => randomEnd(chance, task))
  const room = { process: chance.between(0, 3), inline: chance.between(0, 4), remote: chance.between(0, 2) }
  return {
    name: `report ${session_id} ${JSON.stringify(settlements)}`,
    async act({ engine }) {
      refresh(engine)
      const { verdicts, attempts } = await reportTasks(engine)({ session_id, settlements, room })
      return { verdicts, attempts: byId(attempts) }
    },
  }
}

const leave = ({ chance, tables }: Walk): Deed => {
  const running = [...tables.tasks.values()].filter(({ status }) => status === "running")
  const some = running.filter(() => chance.happens(0.5))
  const outcome = chance.pick(["released", "unheard", "lost"] as const)
  const attempts = some.map(({ id, token }) => ({ task_run_id: id, token: token ?? "" }))
  return {
    name: `${outcome} ${JSON.stringify(attempts)}`,
    act: ({ engine }) => takeBack(engine, attempts, outcome),
  }
}

const pass = ({ chance }: Walk): Deed => {
  const wait_ms = chance.pick([0, 1, 250, 500, 1_000, 5_000, 20_000, 3_600_000])
  return { name: `pass ${wait_ms} ms`, act: ({ skip }) => skip(wait_ms) }
}

const fire = (): Deed => ({ name: "fire", act: ({ fireTimers }) => fireTimers() })

const onStep = (name: string, work: (engine: Engine, step: Step) => Promise<unknown>): Deed => ({
  name,
  act: async ({ engine }) => (await perform(engine, (step) => work(engine, step))).answer,
})

const control = ({ chance, tables }: Walk): Deed => {
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

const say = ({ chance, tables }: Walk): Deed => {
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

const setQueue = ({ chance }: Walk): Deed => {
  const queue = {
    ...{ workspace_id: chance.pick(workspaces), name: chance.pick(queues), paused: chance.happens(0.3) },
    concurrency: chance.happens(0.4) ? chance.between(1, 3) : null,
  }
  return { name: `set ${JSON.stringify(queue)}`, act: ({ setQueue: act }) => act(queue) }
}

const cancelJob = ({ chance, tables }: Walk): Deed => {
  const jobs = [...tables.tasks.values()].filter((task) => task.run_id === null && !isTerminal(task))
  if (jobs.length === 0) return nothing
  const { id, workspace_id } = chance.pick(jobs)
  return { name: `cancel ${id}`, act: ({ cancelJob: act }) => act(workspace_id, id) }
}

const replay = ({ chance, tables }: Walk): Deed => {
  const letters = [...tables.dead_letters.values()]
  if (letters.length === 0) return nothing
  const { id, workspace_id } = chance.pick(letters)
  return { name: `replay ${id}`, act: ({ replayDeadLetter }) => replayDeadLetter(workspace_id, id) }
}

/** Each as often as it is listed. */
const usual = [
  ...[startRun, startRun, createJob, createJob, createJob, claim, claim, claim, claim, claim, claim],
  ...[
    report,
    report,
    report,
    report,
    report,
    report,
    report,
    leave,
    pass,
    pass,
    pass,
    fire,
    fire,
    fire,
    fire,
  ],
  ...[control, control, say, say, say, setQueue, cancelJob, replay, rerun],
]

/** Where few work, much waits: for people, and longer than it may. */
const idle = [
  ...[
    createJob,
    createJob,
    createJob,
    pass,
    pass,
    fire,
    fire,
    fire,
    claim,
    report,
    replay,
    cancelJob,
    setQueue,
  ],
]
const waiting = [
  ...[
    startWaiting,
    say,
    say,
    say,
    say,
    say,
    say,
    pass,
    fire,
    fire,
    claim,
    claim,
    report,
    report,
    report,
    control,
  ],
]

/** Which deeds a walk is made of hangs on its seed. */
export const nextDeed = (walk: Walk, seed: number): Deed =>
  walk.chance.pick([usual, usual, idle, waiting][seed % 4] ?? usual)(walk)
