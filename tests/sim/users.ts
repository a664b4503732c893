import { runId } from "#language/run-id.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { isTerminal, queueKey, type StoredRun } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import { cancelIn } from "#services/scheduler/run/cancel.ts"
import { turnIn } from "#services/scheduler/run/pause.ts"
import type { Rerun } from "#services/scheduler/run/start.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import type { Step } from "#services/scheduler/step/step.ts"
import { answerAll, answerAny } from "./answers.ts"
import { beginIn } from "./begin.ts"
import type { Network } from "./network.ts"
import type { Scheduler } from "./scheduler.ts"
import { cancelJob, insertJob, replayDeadLetter, unblockRun } from "./store/operations.ts"
import { queues, randomJob, randomWhole, workspaces } from "./workload.ts"
import type { World } from "./world.ts"

type Deed = (world: World, scheduler: Scheduler) => Promise<void>

/** What people do, and how often. */
const deeds: readonly (readonly [number, Deed])[] = [
  [8, (world, scheduler) => startRun(world, scheduler)],
  [8, (world, scheduler) => startJob(world, scheduler)],
  [3, (world, scheduler) => onRun(world, scheduler, "cancel")],
  [5, (world, scheduler) => onRun(world, scheduler, "pause")],
  [3, (world, scheduler) => onRun(world, scheduler, "resume")],
  [3, (world, scheduler) => rerun(world, scheduler)],
  [2, (world, scheduler) => cancelAnyJob(world, scheduler)],
  [2, (world, scheduler) => replay(world, scheduler)],
  [3, (world) => setQueue(world)],
]

const all = deeds.reduce((sum, [often]) => sum + often, 0)

export const actAtRandom = async (world: World, network: Network): Promise<void> => {
  const { chance } = world
  const alive = network.schedulers.filter(({ life }) => life.alive)
  if (alive.length === 0) return
  const scheduler = chance.pick(alive)
  // Beside what else is done: most worlds have little that waits for people.
  if (chance.happens(0.2)) await answerAny(world, scheduler).catch(world.expected)
  let point = chance.between(1, all)
  for (const [often, deed] of deeds) {
    point -= often
    if (point <= 0) return deed(world, scheduler)
  }
}

const startRun = (world: World, scheduler: Scheduler): Promise<void> =>
  start(world, scheduler, { plan: randomWhole(world.chance), earlier: undefined, rerun: null })

type Beginning = {
  readonly plan: ReturnType<typeof randomWhole>
  readonly earlier: StoredRun | undefined
  readonly rerun: Rerun | null
}

/** What `run/start.ts` does. */
const start = async (world: World, scheduler: Scheduler, beginning: Beginning): Promise<void> => {
  const { plan, earlier, rerun } = beginning
  const starting = {
    ...{ run_id: runId(world.id()), workflow: "sim", version: 1, plan, inputs: {} },
    trigger: rerun ? "rerun" : "manual",
    workspace_id: earlier?.workspace_id ?? world.chance.pick(workspaces),
    ...{ idempotency_key: undefined, body_hash: "", traceparent: null, rerun },
  }
  await world.database.tx(scheduler.life, (session) =>
    beginIn(world, scheduler, { session, start: starting }),
  )
}

const startJob = async ({ chance, database, id, trace }: World, scheduler: Scheduler): Promise<void> => {
  const job = randomJob(chance, id())
  trace(() => `${scheduler.name} creates the job ${job.task.id}`)
  await database.tx(scheduler.life, async (session) => {
    insertJob(session, job)
    session.after.push(() => scheduler.engine.lanes.note([job.task]))
  })
}

const openRuns = ({ tables }: World): readonly StoredRun[] =>
  [...tables.runs.values()].filter((run) => !isTerminal(run))

const onRun = async (
  world: World,
  scheduler: Scheduler,
  deed: "cancel" | "pause" | "resume",
): Promise<void> => {
  const { chance } = world
  const wanted = deed === "resume" || (deed === "cancel" && chance.happens(0.6)) ? "paused" : "running"
  const isWanted = (run: StoredRun) => run.status === wanted
  // What is going on just now is what a change of mind meets.
  const runs = openRuns(world).filter(isWanted).slice(-4)
  if (runs.length === 0) return
  const { id: run_id, workspace_id } = chance.pick(runs)
  world.trace(() => `${scheduler.name}: ${deed} ${run_id}`)
  if (deed === "resume") await resumeRun(world, scheduler, run_id)
  else
    await world.database.tx(scheduler.life, async (session) => {
      const { engine } = scheduler
      await performOn(
        engine,
        transactionIn(session),
        (step): Promise<unknown> =>
          deed === "cancel"
            ? cancel(world, engine, { step, workspace_id, run_id })
            : turnIn(engine, step, { workspace_id, run_id, turn: "pause" }),
      )
    })
}

type Cancelling = { readonly step: Step; readonly workspace_id: string; readonly run_id: string }

const cancel = async ({ tables }: World, engine: Engine, { step, ...own }: Cancelling): Promise<void> => {
  const [run] = await step.rows.runs([own.run_id])
  if (run && run.reason !== null) tables.forced.add(run.id)
  await cancelIn(engine, step, own)
}

/** What `run/pause.ts` does to go on. */
export const resumeRun = async (world: World, { life, engine }: Scheduler, run_id: string): Promise<void> => {
  const workspace_id = world.tables.runs.get(run_id)?.workspace_id ?? ""
  await world.database.tx(life, async (session) => {
    await performOn(engine, transactionIn(session), (step) =>
      turnIn(engine, step, { workspace_id, run_id, turn: "resume" }),
    )
    unblockRun(session, run_id)
  })
}

const rerun = async (world: World, scheduler: Scheduler): Promise<void> => {
  const { chance, tables } = world
  const ended = [...tables.runs.values()].filter(isTerminal)
  if (ended.length === 0) return
  const done = ended.filter(({ status }) => status === "completed")
  const earlier = chance.pick(done.length > 0 && chance.happens(0.5) ? done : ended)
  const plan = tables.plans.get(earlier.plan_id)
  if (!plan) return
  const inner = plan.tasks.filter(({ successors }) => successors.length > 0)
  const task = chance.pick(inner.length > 0 ? inner : plan.tasks).name
  const mode = chance.pick(["all", "failed", "from", "from"] as const)
  await start(world, scheduler, { plan, earlier, rerun: { of: earlier.id, mode, task } })
}

const cancelAnyJob = async (world: World, { life }: Scheduler): Promise<void> => {
  const jobs = [...world.tables.tasks.values()].filter((task) => task.run_id === null && !isTerminal(task))
  if (jobs.length === 0) return
  const { id } = world.chance.pick(jobs)
  world.trace(() => `cancel the job ${id}`)
  await world.database.tx(life, async (session) => void (await cancelJob(session, id)))
}

const replay = async (world: World, { life, engine }: Scheduler): Promise<void> => {
  const letters = [...world.tables.dead_letters.values()].filter(({ resolved }) => !resolved)
  if (letters.length === 0) return
  const { id, job_id } = world.chance.pick(letters)
  world.trace(() => `replay the job ${job_id}`)
  await world.database.tx(life, async (session) => {
    const job = await replayDeadLetter(session, id)
    if (job) session.after.push(() => engine.lanes.note([job]))
  })
}

/** Also before anything else happens, so that it has been known for long. */
export const setQueue = async ({ chance, tables, clock, trace }: World): Promise<void> => {
  const workspace_id = chance.pick(workspaces)
  const name = chance.happens(0.5) ? "default" : chance.pick(queues)
  const paused = chance.happens(0.4)
  const concurrency = chance.happens(0.5) ? chance.between(1, 3) : null
  trace(() => `queue ${name} of ${workspace_id.slice(-1)}: ${paused ? "paused" : "open"}, ${concurrency}`)
  const known = tables.queues.get(queueKey(workspace_id, name))
  const isSame = known?.paused === paused && known.concurrency === concurrency
  const changed_ms = isSame ? known.changed_ms : clock.now()
  tables.queues.set(queueKey(workspace_id, name), { workspace_id, name, paused, concurrency, changed_ms })
}

/** Whoever has paused something lets it go on. */
export const resumeAll = async (world: World, scheduler: Scheduler): Promise<void> => {
  for (const queue of world.tables.queues.values()) {
    if (!queue.paused) continue
    Object.assign(queue, { paused: false, changed_ms: world.clock.now() })
  }
  for (const { id, status } of openRuns(world)) {
    if (status === "paused") await resumeRun(world, scheduler, id).catch(world.expected)
  }
  await answerAll(world, scheduler)
}
